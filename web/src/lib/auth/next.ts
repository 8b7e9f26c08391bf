// SPDX-License-Identifier: Apache-2.0
import { goto } from '$app/navigation';
import { page } from '$app/state';
import { safeNext } from '$lib/url.svelte';

const kKey = 'sandbar-next';

/** Where whoever signs in wanted to go. */
export function nextPath(): string {
  return safeNext(page.url.searchParams.get('next'));
}

/** The same `next` on the way to another page of this kind. */
export function withNext(path: string): string {
  const next = page.url.searchParams.get('next');
  return next ? `${path}?next=${encodeURIComponent(safeNext(next))}` : path;
}

export function goNext(): Promise<void> {
  return goto(nextPath(), { replaceState: true });
}

/** A provider's pages lie between: the path waits in this tab. */
export function keepNext(): void {
  try {
    sessionStorage.setItem(kKey, nextPath());
  } catch {
    // Then it is the overview.
  }
}

export function takeKeptNext(): string {
  try {
    const kept = sessionStorage.getItem(kKey);
    sessionStorage.removeItem(kKey);
    return safeNext(kept);
  } catch {
    return safeNext(null);
  }
}
