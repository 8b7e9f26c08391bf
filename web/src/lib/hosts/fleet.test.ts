// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { byTeam, isLocalAddress, joinCommand, nameOf, statsOf, tagProblem, type Host } from './fleet';

test('pills count what is listed', () => {
  const hosts = (['online', 'online', 'pending', 'unreachable', 'draining'] as const).map((status) => ({ status }));
  expect(statsOf(hosts)).toEqual({ total: 5, online: 2, pending: 1, unreachable: 1, draining: 1 });
  expect(statsOf([])).toEqual({ total: 0, online: 0, pending: 0, unreachable: 0, draining: 0 });
});

test('the command to join names the server and the token', () => {
  expect(joinCommand('https://sandbar.example.org', 'abc')).toBe(
    './dev agent join https://sandbar.example.org --token abc',
  );
  expect(isLocalAddress('http://127.0.0.1:8080')).toBe(true);
  expect(isLocalAddress('http://localhost:8080')).toBe(true);
  expect(isLocalAddress('https://sandbar.example.org')).toBe(false);
});

test('a name has what is known of the host', () => {
  expect(nameOf({ hostname: 'worker-3', provider: 'Hetzner', availability_zone: 'fsn1' })).toBe(
    'worker-3 · Hetzner · fsn1',
  );
  expect(nameOf({ provider: 'Hetzner', availability_zone: 'fsn1' })).toBe('Hetzner · fsn1');
  expect(nameOf({ availability_zone: 'fsn1' })).toBe('fsn1');
  expect(nameOf({})).toBe('');
});

test('tags are checked as the server does', () => {
  expect(tagProblem('gpu', [])).toBeUndefined();
  expect(tagProblem('zone=eu-1', ['gpu'])).toBeUndefined();
  expect(tagProblem('gpu', ['gpu'])).toContain('already');
  expect(tagProblem('-gpu', [])).toBeTruthy();
  expect(tagProblem('a b', [])).toBeTruthy();
  expect(tagProblem('x'.repeat(64), [])).toBeTruthy();
  expect(tagProblem('x', Array(32).fill('y'))).toContain('32');
});

test('hosts are grouped by the names of teams', () => {
  const host = (id: string, team_id: string, team_name: string) => ({ id, team_id, team_name }) as Host;
  const groups = byTeam([host('h1', 't2', 'Zeta'), host('h2', 't1', 'Alpha'), host('h3', 't2', 'Zeta')]);
  expect(groups.map((g) => [g.team_name, g.hosts.map((h) => h.id)])).toEqual([
    ['Alpha', ['h2']],
    ['Zeta', ['h1', 'h3']],
  ]);
});
