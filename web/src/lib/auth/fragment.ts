// SPDX-License-Identifier: Apache-2.0
import { replaceState } from '$app/navigation';

/** Mailed links carry their token behind the #, which no server and no log sees; it leaves the address bar at once. */
export function takeToken(): string {
  const values = new URLSearchParams(location.hash.slice(1));
  const token = values.get('token') ?? '';
  if (token) setTimeout(() => replaceState(location.pathname + location.search, {}));
  return token;
}
