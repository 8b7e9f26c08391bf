// SPDX-License-Identifier: Apache-2.0
import { vi } from 'vitest';

export interface Asked {
  method: string;
  path: string;
  authorization: string | null;
  body: unknown;
}

type Answer = { status?: number; body?: unknown } | 'no network';
type Respond = (asked: Asked) => Answer | Promise<Answer>;

/** Stands in for the API: answers by "METHOD /path", and keeps what it was asked. */
export function fakeServer(routes: Record<string, Respond>) {
  const asked: Asked[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const text = request.method === 'GET' ? '' : await request.text();
    const one: Asked = {
      method: request.method,
      path: new URL(request.url).pathname,
      authorization: request.headers.get('Authorization'),
      body: text ? JSON.parse(text) : undefined,
    };
    asked.push(one);
    const answer = (await routes[`${one.method} ${one.path}`]?.(one)) ?? refuse(404, 'not_found');
    if (answer === 'no network') throw new TypeError('fetch failed');
    const { status = 200, body } = answer;
    return new Response(status === 204 ? null : JSON.stringify(body ?? {}), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });
  };
  vi.stubGlobal('fetch', fetch);
  return { asked, count: (path: string) => asked.filter((one) => one.path === path).length };
}

export function refuse(status: number, code: string, message = code): { status: number; body: unknown } {
  return { status, body: { error: { code, message, request_id: 'req-1' } } };
}
