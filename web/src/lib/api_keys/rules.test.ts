// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { expiryOf, expiryProblem, mayRevoke, stateOf } from './rules';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test('a key ends after the chosen days, or never', () => {
  expect(expiryOf('never', '', NOW)).toBeUndefined();
  expect(expiryOf('7', '', NOW)).toBe('2026-03-08T12:00:00.000Z');
});

test('a chosen day must be to come', () => {
  expect(expiryProblem('date', '', NOW)).toBe('Choose a date');
  expect(expiryProblem('date', '2026-02-01', NOW)).toBe('Choose a date in the future');
  expect(expiryProblem('date', '2026-04-01', NOW)).toBeUndefined();
  expect(expiryProblem('30', '', NOW)).toBeUndefined();
});

test('a key is active, expiring or expired', () => {
  expect(stateOf({}, NOW)).toBe('active');
  expect(stateOf({ expires_at: '2026-03-03T00:00:00Z' }, NOW)).toBe('expiring');
  expect(stateOf({ expires_at: '2026-03-01T12:00:00Z' }, NOW)).toBe('expired');
  expect(stateOf({ expires_at: '2026-05-01T00:00:00Z' }, NOW)).toBe('active');
});

test('members revoke only their own keys', () => {
  expect(mayRevoke({ created_by: 'usr-1' }, 'member', 'usr-1')).toBe(true);
  expect(mayRevoke({ created_by: 'usr-2' }, 'member', 'usr-1')).toBe(false);
  expect(mayRevoke({ created_by: 'usr-2' }, 'admin', 'usr-1')).toBe(true);
  expect(mayRevoke({}, 'member', undefined)).toBe(false);
});
