// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';

export type ApiKey = components['schemas']['ApiKeyView'];
export type KeyScope = ApiKey['scopes'][number];

export const SCOPES: readonly { value: KeyScope; label: string; hint: string }[] = [
  { value: 'read', label: 'Read', hint: 'See everything, change nothing' },
  { value: 'sandboxes', label: 'Sandboxes', hint: 'Create, use and destroy sandboxes' },
  { value: 'templates', label: 'Templates', hint: 'Build and delete templates and snapshots' },
  { value: 'hosts', label: 'Hosts', hint: "Manage the team's own hosts; owners and admins only" },
];

/** What a key may do when nothing is chosen. */
export const USUAL_SCOPES: readonly KeyScope[] = ['read', 'sandboxes', 'templates'];

export const EXPIRIES = [
  { value: 'never', label: 'No expiry' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: 'date', label: 'On a date…' },
] as const;

const DAY_MS = 86_400_000;

/** When a key ends that is made now: the choice of a list, or the end of the chosen day. */
export function expiryOf(choice: string, date: string, now: number): string | undefined {
  if (choice === 'never') return undefined;
  if (choice !== 'date') return new Date(now + Number(choice) * DAY_MS).toISOString();
  const end = new Date(`${date}T23:59:59`);
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString();
}

export function expiryProblem(choice: string, date: string, now: number): string | undefined {
  if (choice !== 'date') return undefined;
  const end = expiryOf(choice, date, now);
  if (!end) return 'Choose a date';
  return Date.parse(end) <= now ? 'Choose a date in the future' : undefined;
}

export type KeyState = 'active' | 'expiring' | 'expired';

/** A key within a week of its end is expiring. */
export function stateOf(key: Pick<ApiKey, 'expires_at'>, now: number): KeyState {
  if (!key.expires_at) return 'active';
  const left = Date.parse(key.expires_at) - now;
  if (left <= 0) return 'expired';
  return left < 7 * DAY_MS ? 'expiring' : 'active';
}

/** Members revoke only what they made. */
export function mayRevoke(key: Pick<ApiKey, 'created_by'>, role: string | undefined, me: string | undefined): boolean {
  return role === 'owner' || role === 'admin' || (!!me && key.created_by === me);
}
