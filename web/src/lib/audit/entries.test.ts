// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { actorOf, changesOf, entriesOf, eventOf, hrefOf, summaryOf, type AuditEntry } from './entries';

function entry(more: object = {}): AuditEntry {
  return {
    id: 'log-1',
    actor_type: 'user',
    actor_name: 'Ada',
    resource_type: 'team',
    action: 'rename',
    scope: 'team',
    status: 'info',
    created_at: '2026-03-01T00:00:00Z',
    ...more,
  } as AuditEntry;
}

test('an entry that two pages have is shown once, in its first place', () => {
  const [a, b, c] = ['log-a', 'log-b', 'log-c'].map((id) => entry({ id }));
  expect(entriesOf([{ items: [a!, b!] }, { items: [b!, c!] }]).map((e) => e.id)).toEqual(['log-a', 'log-b', 'log-c']);
});

test('actors have names', () => {
  expect(actorOf(entry())).toBe('Ada');
  expect(actorOf(entry({ actor_type: 'system', actor_name: undefined }))).toBe('System');
  expect(actorOf(entry({ actor_type: 'api_key', actor_name: 'ci', actor_id: 'key-1' }))).toBe('ci');
  expect(actorOf(entry({ actor_name: undefined, actor_id: 'usr-1' }))).toBe('usr-1');
});

test('an event is read as words', () => {
  expect(eventOf(entry({ resource_type: 'api_key', action: 'create' }))).toBe('API key created');
});

test('old and new values are one change', () => {
  const renamed = entry({ metadata: { old_name: 'a', new_name: '<b>' } });
  expect(changesOf(renamed)).toEqual([{ field: 'name', before: 'a', after: '<b>' }]);
  expect(summaryOf(renamed)).toBe('name: a → <b>');
});

test('before and after are compared field by field', () => {
  const quotas = entry({ metadata: { before: { vcpus: 4 }, after: { vcpus: 8, sandboxes: 2 } } });
  expect(changesOf(quotas)).toEqual([
    { field: 'vcpus', before: '4', after: '8' },
    { field: 'sandboxes', before: '—', after: '2' },
  ]);
});

test('entries of before roles had an old value show the new one', () => {
  expect(summaryOf(entry({ metadata: { new_role: 'admin' } }))).toBe('role: admin');
  expect(changesOf(entry({ metadata: { new_role: 'admin' } }))).toEqual([
    { field: 'role', before: '—', after: 'admin' },
  ]);
});

test('the summary of an entry without change lists what it says', () => {
  expect(summaryOf(entry({ metadata: { template: 'base', cause: 'idle' } }))).toBe('template: base, cause: idle');
  expect(summaryOf(entry())).toBe('');
});

test('what is gone has no page', () => {
  expect(hrefOf(entry({ resource_type: 'sandbox', resource_id: 'sb-1', action: 'create' }))).toBe(
    '/dashboard/sandboxes/sb-1/overview',
  );
  expect(hrefOf(entry({ resource_type: 'sandbox', resource_id: 'sb-1', action: 'destroy' }))).toBeUndefined();
});
