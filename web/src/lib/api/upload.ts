// SPDX-License-Identifier: Apache-2.0
import { withRenewal } from './client';
import { ApiError } from './error';

export interface UploadOptions {
  method?: string;
  onprogress?: (sent: number, total: number) => void;
  signal?: AbortSignal;
}

/** An upload that says how far it is, which `fetch` cannot. */
export function upload(path: string, body: Blob, options: UploadOptions = {}): Promise<Response> {
  return withRenewal((_, token) => uploadOnce(path, body, token, options));
}

function uploadOnce(path: string, body: Blob, token: string | undefined, options: UploadOptions): Promise<Response> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(options.method ?? 'PUT', new URL(path, location.origin));
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.upload.onprogress = (event) => options.onprogress?.(event.loaded, event.total);
    request.onload = () => {
      const headers = { 'X-Request-Id': request.getResponseHeader('X-Request-Id') ?? '' };
      const hasBody = request.status !== 204 && request.status !== 304;
      done(new Response(hasBody ? request.responseText : null, { status: request.status, headers }));
    };
    request.onerror = () => fail(new ApiError(0, 'offline', 'The server cannot be reached.'));
    request.onabort = () => fail(new DOMException('The upload was canceled.', 'AbortError'));
    options.signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}
