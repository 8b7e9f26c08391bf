// SPDX-License-Identifier: Apache-2.0
// Ids: random UUIDs inside, with a prefix outside. (client.ts checks the form of each id in every answer of all suites.)
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sandbar/test-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from './client';
import { usePlatform } from './platform';
import { rows, statusOf, type World } from './roles';
import { uuidOf } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
let user: Client;
const uuid = '0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';

beforeAll(async () => {
  user = await platform.newUser();
});

test('ID-1: one migration makes the whole schema, and a second start finds nothing to do', async () => {
  expect(readdirSync(join(repository, 'db/migrations'))).toEqual(['0001_initial.sql']);
  const applied = () => platform.sql('SELECT count(*), max(applied_at) FROM schema_migrations');
  const before = applied();
  expect(before.split('|')[0]).toBe('1');
  await platform.control.stop();
  await platform.startControl();
  expect(applied()).toBe(before);
});

test('ID-1: ids are native UUIDs in every table', async () => {
  const tables = ['teams', 'users', 'users_teams', 'team_api_keys', 'oauth_providers', 'admin_permissions', 'hosts', 'host_registration_tokens',
    'host_tags', 'host_refresh_tokens', 'templates', 'sandboxes', 'audit_logs', 'sandbox_metrics_snapshots', 'sandbox_metric_points', 'template_builds'];
  const present = platform.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").split('\n');
  expect(present).toEqual(expect.arrayContaining(tables));
  const others = platform.sql(`SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name IN (${tables.map((name) => `'${name}'`).join(', ')})
      AND (column_name = 'id' OR column_name LIKE '%\\_id') AND data_type <> 'uuid' ORDER BY 1`);
  expect(others.split('\n')).toEqual([
    'audit_logs.actor_id text', 'audit_logs.resource_id text', 'oauth_providers.provider_id text', 'sandbox_metrics_snapshots.id bigint',
  ]);
});

test('ID-1: the database itself allows one owner for a team and one default team for a user', async () => {
  const { user_id, team_id } = user.account;
  const other = await platform.newUser();
  const insert = (columns: string, values: string) => () => platform.sql(`INSERT INTO users_teams (${columns}) VALUES (${values})`);
  expect(insert('user_id, team_id, role', `'${uuidOf(other.account.user_id)}', '${uuidOf(team_id)}', 'owner'`)).toThrow(/users_teams_one_owner/);
  expect(insert('user_id, team_id, is_default', `'${uuidOf(user_id)}', '${uuidOf(other.account.team_id)}', true`)).toThrow(/users_teams_one_default/);
});

test('ID-2: the audit log names things as the outside does, and the system without an id', async () => {
  await user.post('/v1/api-keys', { name: 'x' }, 201);
  const rowsOf = platform.sql("SELECT actor_id, resource_id FROM audit_logs WHERE actor_type <> 'system' LIMIT 50").split('\n');
  for (const row of rowsOf) expect(row).toMatch(/^(usr|key)-[0-9a-f-]{36}\|/);
  expect(platform.sql("SELECT count(*) FROM audit_logs WHERE actor_type = 'system' AND actor_id IS NOT NULL")).toBe('0');
});

describe.each([
  ['missing prefix', uuid], ['upper case', `PREFIX-${uuid.toUpperCase()}`], ['no dashes', `PREFIX-${uuid.replaceAll('-', '')}`], ['truncated', `PREFIX-${uuid.slice(0, 30)}`],
  ['no hex', `PREFIX-${uuid.replace('0', 'g')}`], ['braces', `PREFIX-%7B${uuid}%7D`], ['another prefix', `odd-${uuid}`], ['only the prefix', 'PREFIX-'],
])('ID-3: an id with %s', (_what, form) => {
  test.each([['/v1/sandboxes/', 'sb'], ['/v1/api-keys/', 'key'], ['/v1/teams/', 'team'], ['/v1/hosts/', 'host']])('is refused in %s', async (path, prefix) => {
    const method = prefix === 'key' ? 'DELETE' : 'GET';
    await user.refused(method, path + form.replace('PREFIX', prefix), undefined, 400, 'invalid_request');
  });

  test('is refused in a body', async () => {
    await user.refused('POST', '/v1/auth/switch-team', { team_id: form.replace('PREFIX', 'team') }, 400, 'invalid_request');
  });
});

test('ID-3: a kind of id is not taken for another, on any route', async () => {
  const wrong = `log-${uuid}`;
  const world: World = { team: wrong, member: wrong, sandbox: wrong, key: wrong, host: wrong, template: 'nothing', invitation: wrong };
  const admin = await platform.signInAdmin();
  const named = rows.filter((row) => /^\/v1\/(sandboxes|api-keys|teams|hosts|me\/invitations|admin\/teams)\/\{id\}/.test(row.path) && row.access !== 'host_token');
  expect(named.length).toBeGreaterThan(25);
  for (const row of named) expect(await statusOf(admin, row, world), `${row.method} ${row.path}`).toBe(400);
});

test('ID-3: an id that is well-formed and names nothing is not found; a team’s is not the token’s', async () => {
  await user.refused('GET', `/v1/sandboxes/sb-${uuid}`, undefined, 404, 'not_found');
  await user.refused('DELETE', `/v1/api-keys/key-${uuid}`, undefined, 404, 'not_found');
  await user.refused('GET', `/v1/hosts/host-${uuid}`, undefined, 404, 'not_found');
  await user.refused('GET', `/v1/teams/team-${uuid}`, undefined, 403, 'forbidden');
});

test('ID-3: a thousand ids are all different and random', async () => {
  const team = uuidOf(user.account.team_id);
  const ids = new Set<string>();
  for (let round = 0; round < 10; ++round) {
    const made = await Promise.all(Array.from({ length: 100 }, () => user.post('/v1/api-keys', {}, 201)));
    for (const { body } of made) {
      expect(body.id).toMatch(/^key-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      ids.add(body.id);
    }
    platform.sql(`DELETE FROM team_api_keys WHERE team_id = '${team}'`);
  }
  expect(ids.size).toBe(1000);
});

test('ID-6: teams that come from before there were slugs get lasting ones', async () => {
  platform.sql("INSERT INTO teams (id, name) SELECT gen_random_uuid(), 'imported ' || n FROM generate_series(1, 200) n");
  const slugs = () => platform.sql("SELECT id, slug FROM teams WHERE name LIKE 'imported %' ORDER BY id").split('\n');
  const before = slugs();
  for (const row of before) expect(row.split('|')[1]).toMatch(/^[0-9a-f]{6}-[0-9a-f]{6}$/);
  expect(new Set(before.map((row) => row.split('|')[1])).size).toBe(200);
  await platform.control.stop();
  await platform.startControl();
  expect(slugs()).toEqual(before);
});
