// SPDX-License-Identifier: Apache-2.0
import { as_api_error, error_text } from '$lib/api/error';

export interface ToastOptions {
  body?: string;
  tone?: 'plain' | 'good' | 'bad';
  action?: { label: string; onclick: () => void };
  /** Milliseconds; 0 stays until it is closed. */
  lasts?: number;
}

export interface Toast extends ToastOptions {
  id: number;
  title: string;
}

const kLasts_ms = 5000;
const kMost = 4;
let last_id = 0;

export const toasts = $state<Toast[]>([]);

export function toast(title: string, options: ToastOptions = {}): number {
  const id = ++last_id;
  toasts.push({ id, title, ...options });
  if (toasts.length > kMost) toasts.shift();
  // What failed, or offers a choice, waits to be read.
  const lasts = options.lasts ?? (options.tone === 'bad' || options.action ? 2 * kLasts_ms : kLasts_ms);
  if (lasts > 0) setTimeout(() => dismiss(id), lasts);
  return id;
}

/** "Pausing failed" and what the server says, with the request's id. */
export function toast_error(title: string, thrown: unknown): number {
  const { request_id } = as_api_error(thrown);
  const text = error_text(thrown);
  return toast(title, { tone: 'bad', body: request_id ? `${text} Request ${request_id}` : text });
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((each) => each.id === id);
  if (index >= 0) toasts.splice(index, 1);
}

export function dismiss_all(): void {
  toasts.length = 0;
}
