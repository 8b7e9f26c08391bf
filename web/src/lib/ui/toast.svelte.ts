// SPDX-License-Identifier: Apache-2.0
import { asApiError, errorText } from '$lib/api/error';

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
let lastId = 0;

export const toasts = $state<Toast[]>([]);

export function toast(title: string, options: ToastOptions = {}): number {
  const id = ++lastId;
  toasts.push({ id, title, ...options });
  if (toasts.length > kMost) toasts.shift();
  // What failed, or offers a choice, waits to be read.
  const lasts = options.lasts ?? (options.tone === 'bad' || options.action ? 2 * kLasts_ms : kLasts_ms);
  if (lasts > 0) setTimeout(() => dismiss(id), lasts);
  return id;
}

/** "Pausing failed" and what the server says, with the request's id. */
export function toastError(title: string, thrown: unknown): number {
  const { request_id } = asApiError(thrown);
  const text = errorText(thrown);
  return toast(title, { tone: 'bad', body: request_id ? `${text} Request ${request_id}` : text });
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((each) => each.id === id);
  if (index >= 0) toasts.splice(index, 1);
}

export function dismissAll(): void {
  toasts.length = 0;
}
