// SPDX-License-Identifier: Apache-2.0
import createClient from 'openapi-fetch';
import { ApiError, errorOfResponse } from './error';
import type { components, paths } from './schema';

export type Schema = components['schemas'];

/** The access token lives here and nowhere else: never in storage, never in an address. */
let access_token: string | undefined;

interface SessionHooks {
  /** Renews the token; false if nobody is signed in any more. */
  renew: () => Promise<boolean>;
}
let hooks: SessionHooks = { renew: async () => false };

export function setAccessToken(token: string | undefined): void {
  access_token = token;
}

export function hasAccessToken(): boolean {
  return access_token !== undefined;
}

export function setSessionHooks(given: SessionHooks): void {
  hooks = given;
}

/** These neither need a token nor a second try. */
const kWithoutSession = new Set([
  '/v1/auth/login',
  '/v1/auth/signup',
  '/v1/auth/refresh',
  '/v1/auth/activate',
  '/v1/auth/methods',
  '/v1/auth/oauth/exchange',
  '/v1/me/password/reset',
  '/v1/me/password/reset/confirm',
]);

async function once(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  if (access_token) headers.set('Authorization', `Bearer ${access_token}`);
  try {
    // Browsers keep what has a date, as files have, and would show an old one; what is a team's stays off their disks, too.
    return await fetch(new Request(request, { headers, credentials: 'same-origin', cache: 'no-store' }));
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new ApiError(0, 'offline', 'The server cannot be reached.');
  }
}

/** A 401 of a stale token renews it and asks again, once; every other failure is thrown as an ApiError. */
function fetchWithSession(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (kWithoutSession.has(path)) return succeed(once(request));
  const copy = request.clone();
  return withRenewal((isSecond) => once(isSecond ? copy : request));
}

async function succeed(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (!response.ok) throw await errorOfResponse(response);
  return response;
}

/** Asks with the token; if that is stale, renews it and asks again. */
export async function withRenewal(ask: (isSecond: boolean, token?: string) => Promise<Response>): Promise<Response> {
  const used = access_token;
  try {
    return await succeed(ask(false, used));
  } catch (thrown) {
    const isStale = thrown instanceof ApiError && thrown.status === 401 && thrown.code === 'unauthorized';
    if (!isStale) throw thrown;
    const isRenewed = used !== access_token ? access_token !== undefined : await hooks.renew();
    if (!isRenewed) throw thrown;
    return succeed(ask(true, access_token));
  }
}

/** The typed client. Wrap calls in `ok()`: `const page = await ok(api.GET('/v1/teams', { signal }))`. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? 'http://localhost',
  fetch: fetchWithSession,
});

export async function ok<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A request outside the schema: downloads, uploads, progress. Throws an ApiError unless it succeeds. */
export function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetchWithSession(new Request(new URL(path, location.origin), init));
}

/** One per submit, so that a repeated request creates one thing. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
