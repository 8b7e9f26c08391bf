// SPDX-License-Identifier: Apache-2.0
import type { HandleClientError } from '@sveltejs/kit';

const RELOADED_AT = 'sandbar.reloaded_at';
const AGAIN_AFTER_MS = 30_000;

/** As Chromium, Firefox and Safari say it. */
const isNotLoaded = (error: unknown) =>
  error instanceof TypeError && /dynamically imported module|importing a module script/i.test(error.message);

/** False when the last time was a moment ago: then it does not help. */
function mayReload(): boolean {
  const last = Number(sessionStorage.getItem(RELOADED_AT));
  if (Date.now() - last < AGAIN_AFTER_MS) return false;
  sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  return true;
}

/** Code of a page that did not come, after a new version or a change of the network, is asked for anew with the page. */
export const handleError: HandleClientError = ({ error, event }) => {
  if (isNotLoaded(error) && mayReload()) location.assign(event.url);
  else console.error(error);
};
