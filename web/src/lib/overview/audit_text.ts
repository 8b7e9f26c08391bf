// SPDX-License-Identifier: Apache-2.0
import type { Schema } from '$lib/api/client';

type Entry = Schema['AuditLogView'];

const kPast: Record<string, string> = {
  create: 'created',
  delete: 'deleted',
  remove: 'removed',
  update: 'changed',
  rename: 'renamed',
  pause: 'paused',
  resume: 'resumed',
  destroy: 'destroyed',
  revoke: 'revoked',
  add: 'added',
  leave: 'left',
  accept: 'accepted',
  decline: 'declined',
  invite: 'invited',
  register: 'registered',
  cancel: 'canceled',
  transfer: 'transferred',
};

/** "api_key" is "API key" */
export function wordsOf(name: string): string {
  return name.replaceAll('_', ' ').replace(/\bapi\b/, 'API');
}

/** "created API key", and words as they are where there are no better ones. */
export function whatHappened(entry: Pick<Entry, 'action' | 'resource_type'>): string {
  const verb = kPast[entry.action];
  return verb ? `${verb} ${wordsOf(entry.resource_type)}` : `${wordsOf(entry.resource_type)}: ${wordsOf(entry.action)}`;
}

/** A name that says more than the id, if the entry has one. */
export function subjectOf(entry: Entry): string {
  const metadata = entry.metadata as Record<string, unknown> | undefined;
  const name = metadata?.name ?? metadata?.email;
  return typeof name === 'string' && name ? name : (entry.resource_id ?? '');
}

export function actorOf(entry: Entry): string {
  return entry.actor_type === 'system' ? 'System' : (entry.actor_name ?? entry.actor_id ?? 'Somebody');
}
