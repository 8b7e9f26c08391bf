// SPDX-License-Identifier: Apache-2.0
import { goto } from '$app/navigation';
import { page } from '$app/state';

type Value = string | number | readonly string[] | undefined;

/** One value of the address's query, as state. */
export function param(name: string, fallback = ''): string {
  return page.url.searchParams.get(name) ?? fallback;
}

/** A value that lists words: `?state=running,paused`. */
export function paramList(name: string): string[] {
  return listOf(page.url.searchParams.get(name));
}

export function listOf(text: string | null): string[] {
  return (text ?? '').split(',').filter(Boolean);
}

/** The same address with other values; empty ones are left out. */
export function withParams(url: URL, changes: Record<string, Value>): URL {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
    if (text) changed.searchParams.set(name, text);
    else changed.searchParams.delete(name);
  }
  // Commas may stand as they are, and are easier to read.
  changed.search = changed.search.replaceAll('%2C', ',');
  return changed;
}

/** Filters replace the entry of the history; `push` adds one, as tabs and pages want. */
export function setParams(changes: Record<string, Value>, how: 'replace' | 'push' = 'replace'): Promise<void> {
  const to = withParams(page.url, changes);
  if (to.href === page.url.href) return Promise.resolve();
  return goto(to, { replaceState: how === 'replace', keepFocus: true, noScroll: true });
}

/** Where to go after signing in: only a path of this site. */
export function safeNext(next: string | null, fallback = '/dashboard'): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || /[\\\u0000-\u001f]/.test(next)) return fallback;
  const url = new URL(next, 'http://this.invalid');
  return url.origin === 'http://this.invalid' ? url.pathname + url.search + url.hash : fallback;
}
