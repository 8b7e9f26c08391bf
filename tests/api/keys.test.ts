// SPDX-License-Identifier: Apache-2.0
// API keys: what they are good for, and when they end.
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { rows, statusOf, type World } from './roles';
import { foundTeam, newKey, newTeam, uuidOf, type Team } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_API_KEYS_PER_TEAM: '12', SANDBAR_MONITOR_PERIOD: '1h' } });
let team: Team;

beforeAll(async () => {
  team = await newTeam(platform);
});

const again = () => foundTeam(team.owner, team.admin, team.member);
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

test('AK-1: a key is shown once, works at once for its team, and its use is noted', async () => {
  const { id, owner, member } = await again();
  const { body, client } = await newKey(owner, { name: ' deploy ' });
  expect(body).toMatchObject({ team_id: id, name: 'deploy', created_by: owner.account.user_id, scopes: ['read', 'sandboxes', 'templates'] });
  expect(body.key).toMatch(/^sbk_[0-9a-f]{40}$/);
  expect(body.key.startsWith(body.key_prefix)).toBe(true);
  const listed = async (): Promise<Json> => (await member.get('/v1/api-keys', 200)).body.items[0];
  expect(await listed()).toMatchObject({ id: body.id, creator_email: owner.account.email });
  expect((await listed()).last_used).toBeUndefined();
  await client.get('/v1/sandboxes', 200);
  await client.get('/v1/snapshots', 200);
  expect((await listed()).last_used).toBeTruthy();
  expect(JSON.stringify(await listed())).not.toContain(body.key);
  expect(platform.sql(`SELECT count(*) FROM team_api_keys k WHERE k::text LIKE '%${body.key.slice(14)}%'`)).toBe('0');
  const log = (await owner.get('/v1/audit-logs?resource_type=api_key', 200)).body.items;
  expect(log[0]).toMatchObject({ action: 'create', status: 'success', scope: 'team', resource_id: body.id, metadata: { name: 'deploy' } });
});

test('AK-1: of many keys that are used at the same moment, each opens its own team, and none that has ended', async () => {
  const owners = await Promise.all(Array.from({ length: 6 }, (_, at) => platform.newUser(`Owner ${at}`)));
  const keys = await Promise.all(owners.map((owner) => newKey(owner)));
  const ended = await Promise.all(owners.map((owner) => newKey(owner, { name: 'revoked' })));
  await Promise.all(ended.map(({ id }, at) => owners[at].delete(`/v1/api-keys/${id}`, 204)));
  owners.forEach(({ account }, at) =>
    platform.sql(`INSERT INTO team_quotas (team_id, sandboxes) VALUES ('${uuidOf(account.team_id)}', ${100 + at})`));
  const ask = async ({ client }: { client: Client }, at: number) => ({ at, answer: await client.get('/v1/quotas') });
  const rounds = Array.from({ length: 40 }, () => [...keys.map(ask), ...ended.map((key) => ask(key, -1))]);
  const asked = await Promise.all(rounds.flat());
  for (const { at, answer } of asked) {
    if (at < 0) expect(answer.status).toBe(401);
    else expect(answer.body.quotas.find((one: Json) => one.name === 'sandboxes').limit).toBe(100 + at);
  }
});

test('AK-1: without a name it has one, and names are bounded', async () => {
  const { owner } = await again();
  expect((await newKey(owner)).body.name).toBe('Unnamed API Key');
  await owner.post('/v1/api-keys', { name: 'ü'.repeat(100) }, 201);
  await owner.refused('POST', '/v1/api-keys', { name: 'x'.repeat(101) }, 400, 'invalid_request');
});

test('AK-1: keys are listed newest first', async () => {
  const { owner } = await again();
  const made = [];
  for (const name of ['1', '2', '3']) made.unshift((await newKey(owner, { name })).id);
  expect((await owner.get('/v1/api-keys', 200)).body.items.map((one: Json) => one.id)).toEqual(made);
});

test('AK-1: a revoked key is dead at once, which is written down; another team’s key is not found', async () => {
  const { owner } = await again();
  const key = await newKey(owner);
  await key.client.get('/v1/sandboxes', 200);
  await (await platform.newUser('Eve')).refused('DELETE', `/v1/api-keys/${key.id}`, undefined, 404, 'not_found');
  await key.client.get('/v1/sandboxes', 200);
  await owner.delete(`/v1/api-keys/${key.id}`, 204);
  await key.client.refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
  await owner.refused('DELETE', `/v1/api-keys/${key.id}`, undefined, 404, 'not_found');
  const log = (await owner.get('/v1/audit-logs?resource_type=api_key', 200)).body.items;
  expect(log[0]).toMatchObject({ action: 'revoke', status: 'warning', scope: 'team', resource_id: key.id });
});

test('AK-1, W12: members revoke their own keys, owners and admins any', async () => {
  const { owner, admin, member } = await again();
  const [ofOwner, ofAdmin, ofMember] = [await newKey(owner), await newKey(admin), await newKey(member)];
  for (const key of [ofOwner, ofAdmin]) await member.refused('DELETE', `/v1/api-keys/${key.id}`, undefined, 403, 'forbidden');
  await member.delete(`/v1/api-keys/${ofMember.id}`, 204);
  await admin.delete(`/v1/api-keys/${ofOwner.id}`, 204);
  await owner.delete(`/v1/api-keys/${ofAdmin.id}`, 204);
});

test('AK-1: a key ends when it was said to', async () => {
  const { owner } = await again();
  await owner.refused('POST', '/v1/api-keys', { expires_at: inDays(-1) }, 400, 'invalid_request');
  await owner.refused('POST', '/v1/api-keys', { expires_at: 'tomorrow' }, 400, 'invalid_request');
  const expires_at = inDays(30);
  const { id, client, body } = await newKey(owner, { expires_at });
  expect(Date.parse(body.expires_at)).toBe(Date.parse(expires_at));
  await client.get('/v1/sandboxes', 200);
  platform.sql(`UPDATE team_api_keys SET expires_at = now() WHERE id = '${uuidOf(id)}'`);
  await client.refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
});

test('AK-1: a key has the scopes that were asked for, and bad ones are refused', async () => {
  const { owner } = await again();
  expect((await newKey(owner, { scopes: ['templates', 'read', 'read'] })).body.scopes).toEqual(['read', 'templates']);
  for (const scopes of [[], ['all'], 'read', [1]]) await owner.refused('POST', '/v1/api-keys', { scopes }, 400, 'invalid_request');
});

test('AK-1: on every route for keys, exactly the keys with its scope are let in', async () => {
  const { id, owner } = await again();
  const nothing = '0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
  const world: World = { team: id, member: `usr-${nothing}`, sandbox: `sb-${nothing}`, key: `key-${nothing}`, host: `host-${nothing}`, template: 'nothing', invitation: `inv-${nothing}` };
  const forKeys = rows.filter((row) => row.access === 'team_member');
  expect(forKeys.length).toBeGreaterThan(20);
  for (const scope of ['read', 'sandboxes', 'templates']) {
    const { client } = await newKey(owner, { scopes: [scope] });
    for (const row of forKeys) {
      const status = await statusOf(client, row, world);
      const isIn = row.scope.split('|').includes(scope);
      if (isIn) expect([401, 403], `${scope}: ${row.method} ${row.path} answered ${status}`).not.toContain(status);
      else expect(status, `${scope}: ${row.method} ${row.path}`).toBe(403);
    }
  }
});

test('AK-1: what is refused for want of a scope says which', async () => {
  const { owner } = await again();
  const { client } = await newKey(owner, { scopes: ['read'] });
  const { body } = await client.refused('POST', '/v1/sandboxes', {}, 403, 'forbidden');
  expect(body.error.message).toContain('sandboxes');
});

test('AK-1: keys for hosts are made by owners and admins only', async () => {
  const { owner, admin, member } = await again();
  await member.refused('POST', '/v1/api-keys', { scopes: ['hosts'] }, 403, 'forbidden');
  for (const client of [owner, admin]) await newKey(client, { scopes: ['hosts'] });
});

test('AK-1: the use of a key is noted once a minute, however many requests there are', async () => {
  const { owner } = await again();
  const { id, client } = await newKey(owner);
  const version = () => platform.sql(`SELECT xmin, last_used FROM team_api_keys WHERE id = '${uuidOf(id)}'`);
  await Promise.all(Array.from({ length: 10 }, () => client.get('/v1/sandboxes', 200)));
  const first = version();
  await Promise.all(Array.from({ length: 10 }, () => client.get('/v1/sandboxes', 200)));
  expect(version()).toBe(first);
  platform.sql(`UPDATE team_api_keys SET last_used = now() - interval '2 minutes' WHERE id = '${uuidOf(id)}'`);
  await client.get('/v1/sandboxes', 200);
  expect(version().split('|')[1] > first.split('|')[1]).toBe(true);
});

test('AK-1: a team has a bounded number of keys, even when they are made at once', async () => {
  const { owner } = await again();
  const answers = await Promise.all(Array.from({ length: 20 }, () => owner.post('/v1/api-keys', {})));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(12);
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(8);
});

test('AK-1: a key is no way to more keys, teams, hosts, the audit log or other users', async () => {
  const { id, owner } = await again();
  const { client } = await newKey(owner);
  for (const path of ['/v1/api-keys', '/v1/teams', `/v1/teams/${id}`, `/v1/teams/${id}/members`, '/v1/hosts', '/v1/audit-logs', '/v1/users/search?email=a@b', '/v1/admin/teams', '/v1/me'])
    await client.refused('GET', path, undefined, 401, 'unauthorized');
  await client.refused('POST', '/v1/auth/switch-team', { team_id: id }, 401, 'unauthorized');
  await client.refused('POST', '/v1/api-keys', {}, 401, 'unauthorized');
});

test('AK-1: a key with the scope hosts manages the hosts of its team, and no others', async () => {
  const { id, owner, admin } = await again();
  platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(id)}'`);
  const { client } = await newKey(admin, { scopes: ['hosts'] });
  const host = (await client.post('/v1/hosts', { type: 'byoc', team_id: id }, 201)).body.host.id;
  expect((await client.get('/v1/hosts', 200)).body.items.map((one: Json) => one.id)).toEqual([host]);
  await client.post(`/v1/hosts/${host}/token`, {}, 201);
  await client.refused('POST', '/v1/hosts', { type: 'regular' }, 403, 'forbidden');
  await client.refused('POST', '/v1/hosts', { type: 'byoc', team_id: team.id }, 403, 'forbidden');
  await client.refused('GET', `/v1/hosts/${platform.admin.host_id}`, undefined, 404, 'not_found');
  await client.refused('GET', '/v1/sandboxes', undefined, 403, 'forbidden');
  for (const scopes of [undefined, ['read'], ['sandboxes', 'templates', 'read']])
    await (await newKey(owner, { scopes })).client.refused('GET', '/v1/hosts', undefined, 401, 'unauthorized');
  await owner.patch(`/v1/teams/${id}/members/${admin.account.user_id}`, { role: 'member' }, 204);
  await client.refused('DELETE', `/v1/hosts/${host}`, undefined, 401, 'unauthorized');
  await owner.delete(`/v1/hosts/${host}`, 204);
});
