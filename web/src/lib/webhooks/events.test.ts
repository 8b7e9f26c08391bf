// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { covers, normalPatterns, pretty, stateOf, toggleEvent, toggleKind, urlProblem } from './events';

test('wider patterns swallow narrower ones', () => {
  expect(normalPatterns(['sandbox.create', 'sandbox.*', 'host.create', ' '])).toEqual(['host.create', 'sandbox.*']);
  expect(normalPatterns(['sandbox.*', '*'])).toEqual(['*']);
});

test('patterns cover events', () => {
  expect(covers(['*'], 'host.drain')).toBe(true);
  expect(covers(['host.*'], 'host.drain')).toBe(true);
  expect(covers(['host.create'], 'host.drain')).toBe(false);
});

test('one event of a kind is switched', () => {
  expect(toggleEvent([], 'snapshot.create')).toEqual(['snapshot.create']);
  expect(toggleEvent(['snapshot.create'], 'snapshot.delete')).toEqual(['snapshot.*']);
  expect(toggleEvent(['snapshot.*', 'host.*'], 'snapshot.delete')).toEqual(['host.*', 'snapshot.create']);
  expect(toggleEvent(['*'], 'snapshot.delete')).not.toContain('*');
  expect(covers(toggleEvent(['*'], 'snapshot.delete'), 'snapshot.delete')).toBe(false);
  expect(covers(toggleEvent(['*'], 'snapshot.delete'), 'host.drain')).toBe(true);
});

test('a whole kind is switched', () => {
  expect(toggleKind(['snapshot.create'], 'snapshot')).toEqual(['snapshot.*']);
  expect(toggleKind(['snapshot.*', 'host.create'], 'snapshot')).toEqual(['host.create']);
  expect(covers(toggleKind(['*'], 'snapshot'), 'snapshot.create')).toBe(false);
});

test('addresses are checked before they are sent', () => {
  expect(urlProblem('https://hooks.example.org/x')).toBeUndefined();
  expect(urlProblem('hooks.example.org')).toContain('whole address');
  expect(urlProblem('ftp://x.org')).toContain('https://');
  expect(urlProblem('https://a:b@x.org')).toContain('password');
});

test('bodies are shown readable', () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty('no json')).toBe('no json');
});

test('a webhook is in order, in trouble, or off', () => {
  expect(stateOf({ enabled: true })).toBe('enabled');
  expect(stateOf({ enabled: true, failing_since: '2026-01-01T00:00:00Z' })).toBe('failing');
  expect(stateOf({ enabled: false, failing_since: '2026-01-01T00:00:00Z' })).toBe('disabled');
});
