// SPDX-License-Identifier: Apache-2.0
import { createSubscriber } from 'svelte/reactivity';

const kTick_ms = 1000;

/** One timer for everything on the page that shows time passing; none while nothing does. */
const subscribe = createSubscriber((update) => {
  const timer = setInterval(() => {
    if (!document.hidden) update();
  }, kTick_ms);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970, as state that moves on every second. */
export function now(): number {
  subscribe();
  return Date.now();
}
