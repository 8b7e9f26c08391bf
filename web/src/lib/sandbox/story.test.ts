// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { causeText, explain, tell, type Entry, type Subject } from './story';

const entry = (action: string, more: Partial<Entry> = {}): Entry => ({
  id: 'log-1',
  actor_type: 'user',
  actor_name: 'Ada',
  resource_type: 'sandbox',
  action,
  status: 'success',
  created_at: '2026-01-01T00:00:00Z',
  ...more,
});
const bySystem = (action: string, cause: string) =>
  entry(action, { actor_type: 'system', actor_name: 'System', metadata: { cause } });

const sandbox = (status: string, more: Partial<Subject> = {}): Subject => ({
  status,
  status_cause: '',
  timeout_sec: 3600,
  on_timeout: 'pause',
  created_at: '2026-01-01T00:00:00Z',
  last_updated: '2026-01-02T00:00:00Z',
  ...more,
});

test('who paused it, or why it was', () => {
  expect(explain(sandbox('paused'), [entry('pause')])).toMatchObject({
    question: 'Why is it paused?',
    sentence: 'Paused by Ada.',
    tone: 'sleep',
  });
  const idle = bySystem('pause', 'idle for longer than its timeout');
  expect(explain(sandbox('paused'), [idle, entry('pause')]).sentence).toBe(
    'Paused because it was idle for longer than its timeout of 1 h.',
  );
});

test('the state speaks where the log says nothing', () => {
  expect(explain(sandbox('paused', { status_cause: 'its host was shut down' }), []).sentence).toBe(
    'Paused because its host was shut down.',
  );
  expect(explain(sandbox('paused', { status_cause: 'memory stored' }), []).sentence).toBe('Paused.');
  expect(explain(sandbox('stopped', { status_cause: 'gone from its host' }), []).sentence).toBe(
    'Stopped because it was gone from its host.',
  );
});

test('why it stopped', () => {
  expect(explain(sandbox('stopped'), [entry('destroy', { actor_type: 'api_key', actor_name: 'CI' })]).sentence).toBe(
    'Destroyed by CI.',
  );
  expect(explain(sandbox('stopped'), [bySystem('stop', 'gone from its host')]).sentence).toBe(
    'Stopped because it was gone from its host.',
  );
  expect(explain(sandbox('stopped'), [bySystem('destroy', 'its host was removed')]).sentence).toBe(
    'Destroyed because its host was removed.',
  );
});

test('errors say what went wrong', () => {
  expect(explain(sandbox('error', { status_cause: 'no space left.' }), []).sentence).toBe(
    'It could not be started: no space left.',
  );
  expect(explain(sandbox('error'), [bySystem('fail', 'its start was interrupted')]).sentence).toBe(
    'It failed: its start was interrupted.',
  );
});

test('missing and running', () => {
  expect(explain(sandbox('missing'), [bySystem('missing', 'host silent')]).sentence).toBe(
    'Out of reach because its host fell silent.',
  );
  expect(explain(sandbox('running'), [bySystem('restore', 'host back')]).sentence).toBe(
    'Running, and in reach again because its host is back.',
  );
  expect(explain(sandbox('running'), [entry('create')]).sentence).toBe('Running since it was created by Ada.');
  expect(explain(sandbox('running'), [bySystem('resume', '')]).sentence).toBe('Running since it was resumed.');
  expect(explain(sandbox('running'), []).sentence).toBe('Running.');
  expect(explain(sandbox('pausing'), []).sentence).toBe('Its memory is being stored.');
});

test('every entry is a sentence, also those of a later version', () => {
  expect(tell(entry('create', { metadata: { template: 'base' } })).text).toBe('Created from base');
  expect(tell(entry('publish_port', { metadata: { port: 80 } }))).toEqual({
    tone: 'warn',
    text: 'Port 80 opened to everybody',
  });
  expect(tell(entry('update', { metadata: { changes: { timeout_sec: [1, 2] } } })).text).toBe(
    'Settings changed: timeout',
  );
  expect(tell(bySystem('missing', 'host silent')).cause).toBe('its host fell silent');
  expect(tell(entry('some_new_thing')).text).toBe('some new thing');
});

test('causes', () => {
  expect(causeText('')).toBeUndefined();
  expect(causeText(7)).toBeUndefined();
  expect(causeText('qemu died.')).toBe('qemu died');
});
