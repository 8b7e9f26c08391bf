// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';
import { titleOf, wordsOf } from './catalogue';
import { DONE } from './words';

export type AuditEntry = components['schemas']['AuditLogView'];
type Metadata = Record<string, unknown>;

/** Pages as one list, each entry once: what is new moves the borders of pages that are fetched again. */
export function entriesOf(pages: readonly { items: AuditEntry[] }[]): AuditEntry[] {
  const seen = new Set<string>();
  return pages.flatMap((page) => page.items.filter((entry) => !seen.has(entry.id) && seen.add(entry.id)));
}

export function actorOf(entry: AuditEntry): string {
  if (entry.actor_type === 'system') return 'System';
  return entry.actor_name || entry.actor_id || (entry.actor_type === 'api_key' ? 'API key' : 'Somebody');
}

/** `Sandbox created`, `API key revoked`. */
export function eventOf(entry: Pick<AuditEntry, 'resource_type' | 'action'>): string {
  return `${titleOf(entry.resource_type)} ${DONE[entry.action] ?? wordsOf(entry.action)}`;
}

export function metadataOf(entry: AuditEntry): Metadata {
  return (entry.metadata ?? {}) as Metadata;
}

/** A name that says more than the id, if the entry has one. */
export function subjectOf(entry: AuditEntry): string {
  const { name, email } = metadataOf(entry);
  const known = name ?? email;
  return typeof known === 'string' && known ? known : (entry.resource_id ?? '');
}

export interface Change {
  field: string;
  before: string;
  after: string;
}

const NONE = '—';

function shown(value: unknown): string {
  if (value === undefined || value === null) return NONE;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an entry says was changed from and to: `old_x` with `new_x`, or `before` with `after`. */
export function changesOf(entry: AuditEntry): Change[] {
  const metadata = metadataOf(entry);
  const changes: Change[] = [];
  for (const [key, after] of Object.entries(metadata)) {
    const field = key.startsWith('new_') ? key.slice(4) : '';
    if (field) changes.push({ field: wordsOf(field), before: shown(metadata[`old_${field}`]), after: shown(after) });
  }
  const { before, after } = metadata;
  if (!isObject(before) && !isObject(after)) return changes;
  const [old, now] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  for (const field of new Set([...Object.keys(old), ...Object.keys(now)]))
    changes.push({ field: wordsOf(field), before: shown(old[field]), after: shown(now[field]) });
  return changes;
}

const QUIET = new Set(['before', 'after']);

/** A line for the table: what the entry tells beyond its event. */
export function summaryOf(entry: AuditEntry): string {
  const changes = changesOf(entry);
  if (changes.length > 0)
    return changes.map((c) => `${c.field}: ${c.before === NONE ? '' : `${c.before} → `}${c.after}`).join(', ');
  const pairs = Object.entries(metadataOf(entry)).filter(([key]) => !QUIET.has(key));
  return pairs.map(([key, value]) => `${wordsOf(key)}: ${shown(value)}`).join(', ');
}

/** The page that shows a resource, if there is one. */
export function hrefOf(entry: Pick<AuditEntry, 'resource_type' | 'resource_id' | 'action'>): string | undefined {
  const id = entry.resource_id;
  if (!id || /delete|destroy|revoke|remove/.test(entry.action)) return undefined;
  switch (entry.resource_type) {
    case 'sandbox':
      return `/dashboard/sandboxes/${id}/overview`;
    case 'host':
      return `/dashboard/byoc/${id}`;
    case 'api_key':
      return '/dashboard/keys';
    case 'webhook':
      return '/dashboard/channels';
    case 'member':
    case 'team':
    case 'invitation':
      return '/dashboard/team';
    default:
      return undefined;
  }
}
