import createClient from 'openapi-fetch';
import { ApiError, error_of_response } from './error';
import type { components, paths } from './schema';

export type Schema = components['schemas'];

/** The access token lives here and nowhere else: never in storage, never in an address. */
let access_token: string | undefined;

interface SessionHooks {
  /** Renews the token; false if nobody is signed in any more. */
  renew: () => Promise<boolean>;
}
let hooks: SessionHooks = { renew: async () => false };

export function set_access_token(token: string | undefined): void {
  access_token = token;
}

export function has_access_token(): boolean {
  return access_token !== undefined;
}

export function set_session_hooks(given: SessionHooks): void {
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
    return await fetch(new Request(request, { headers, credentials: 'same-origin' }));
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new ApiError(0, 'offline', 'The server cannot be reached.');
  }
}

/** A 401 of a stale token renews it and asks again, once; every other failure is thrown as an ApiError. */
async function fetch_with_session(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const may_retry = !kWithoutSession.has(path);
  const copy = may_retry ? request.clone() : undefined;
  const used = access_token;
  const response = await once(request);
  if (response.ok) return response;
  const error = await error_of_response(response);
  const is_stale = error.status === 401 && error.code === 'unauthorized';
  if (!copy || !is_stale) throw error;
  const is_renewed = used !== access_token ? access_token !== undefined : await hooks.renew();
  if (!is_renewed) throw error;
  const second = await once(copy);
  if (!second.ok) throw await error_of_response(second);
  return second;
}

/** The typed client. Wrap calls in `ok()`: `const page = await ok(api.GET('/v1/teams', { signal }))`. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? 'http://localhost',
  fetch: fetch_with_session,
});

export async function ok<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A request outside the schema: downloads, uploads, progress. Throws an ApiError unless it succeeds. */
export function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch_with_session(new Request(new URL(path, location.origin), init));
}

/** One per submit, so that a repeated request creates one thing. */
export function idempotency_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface UploadOptions {
  method?: string;
  onprogress?: (sent: number, total: number) => void;
  signal?: AbortSignal;
}

/** An upload that says how far it is, which `fetch` cannot. */
export async function upload(path: string, body: Blob, options: UploadOptions = {}): Promise<Response> {
  const used = access_token;
  const response = await upload_once(path, body, options);
  if (response.ok) return response;
  const error = await error_of_response(response);
  if (error.status !== 401 || error.code !== 'unauthorized') throw error;
  const is_renewed = used !== access_token ? access_token !== undefined : await hooks.renew();
  if (!is_renewed) throw error;
  const second = await upload_once(path, body, options);
  if (!second.ok) throw await error_of_response(second);
  return second;
}

function upload_once(path: string, body: Blob, options: UploadOptions): Promise<Response> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(options.method ?? 'PUT', new URL(path, location.origin));
    if (access_token) request.setRequestHeader('Authorization', `Bearer ${access_token}`);
    request.upload.onprogress = (event) => options.onprogress?.(event.loaded, event.total);
    request.onload = () => {
      const headers = { 'X-Request-Id': request.getResponseHeader('X-Request-Id') ?? '' };
      const has_body = request.status !== 204 && request.status !== 304;
      done(new Response(has_body ? request.responseText : null, { status: request.status, headers }));
    };
    request.onerror = () => fail(new ApiError(0, 'offline', 'The server cannot be reached.'));
    request.onabort = () => fail(new DOMException('The upload was canceled.', 'AbortError'));
    options.signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}
