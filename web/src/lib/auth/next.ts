// SPDX-License-Identifier: Apache-2.0
import { goto } from '$app/navigation';
import { page } from '$app/state';
import { safe_next } from '$lib/url.svelte';

const kKey = 'sandbar-next';

/** Where whoever signs in wanted to go. */
export function next_path(): string {
  return safe_next(page.url.searchParams.get('next'));
}

/** The same `next` on the way to another page of this kind. */
export function with_next(path: string): string {
  const next = page.url.searchParams.get('next');
  return next ? `${path}?next=${encodeURIComponent(safe_next(next))}` : path;
}

export function go_next(): Promise<void> {
  return goto(next_path(), { replaceState: true });
}

/** A provider's pages lie between: the path waits in this tab. */
export function keep_next(): void {
  try {
    sessionStorage.setItem(kKey, next_path());
  } catch {
    // Then it is the overview.
  }
}

export function take_kept_next(): string {
  try {
    const kept = sessionStorage.getItem(kKey);
    sessionStorage.removeItem(kKey);
    return safe_next(kept);
  } catch {
    return safe_next(null);
  }
}
