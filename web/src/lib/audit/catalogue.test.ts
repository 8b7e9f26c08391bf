// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { actionsOf, AUDIT_EVENTS, titleOf, wordsOf } from './catalogue';

function printedEvents(): Record<string, string[]> {
  const text = readFileSync('../docs/reference/audit-events.md', 'utf8');
  const events: Record<string, string[]> = {};
  for (const [, resource, action] of text.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)) {
    const actions = (events[resource!] ??= []);
    if (!actions.includes(action!)) actions.push(action!);
  }
  return events;
}

test('the catalogue is the one that the server prints', () => {
  expect(AUDIT_EVENTS).toEqual(printedEvents());
});

test('actions follow the chosen resources', () => {
  expect(actionsOf(['snapshot'])).toEqual(['create', 'delete']);
  expect(actionsOf([])).toContain('login_failed');
  expect(actionsOf(['nonsense'])).toEqual([]);
});

test('names become words', () => {
  expect(wordsOf('api_key')).toBe('API key');
  expect(titleOf('login_failed')).toBe('Login failed');
});
