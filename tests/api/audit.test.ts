// SPDX-License-Identifier: Apache-2.0
// The audit log: what is recorded, who reads what of it, and that nothing is lost. tests/api/audit_chain.test.ts is
// about tampering.
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform();
let ada: Client;
let team: string;

const uuid = (id: string) => id.slice(id.indexOf('-') + 1);
const short = (entry: Json) => `${entry.resource_type}/${entry.action}/${entry.status}`;
const list = async (client: Client, query = ''): Promise<Json[]> => (await client.get(`/v1/audit-logs?${query}`, 200)).body.items;

/** `count` entries of one event, all of one moment if that is given. */
function insert(teamId: string, count: number, type = 'sandbox', action = 'create', scope = 'team', at = 'NULL'): void {
  platform.sql(`SELECT append_audit(jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'team_id', '${uuid(teamId)}',
    'actor_type', 'system', 'actor_name', '', 'resource_type', '${type}', 'resource_id', 'r' || i, 'action', '${action}',
    'scope', '${scope}', 'status', 'info', 'metadata', '{}'::jsonb, 'source_ip', '', 'user_agent', '')), ${at})
    FROM generate_series(1, ${count}) i`);
}

async function walk(client: Client, limit: number, query = ''): Promise<string[]> {
  const seen: string[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await client.get(`/v1/audit-logs?limit=${limit}${query}${cursor}`, 200);
    seen.push(...body.items.map((item: Json) => item.id));
    if (!body.next_before) return seen;
    cursor = `&before=${encodeURIComponent(body.next_before)}&before_id=${body.next_before_id}`;
  }
}

/** A second user in Ada's team, signed in to it. */
async function member(owner: Client, role: string): Promise<Client> {
  const other = await platform.newUser('Max');
  platform.sql(`INSERT INTO users_teams (user_id, team_id, role)
    VALUES ('${uuid(other.account.user_id)}', '${uuid(owner.account.team_id)}', '${role}')`);
  const { body } = await other.post('/v1/auth/switch-team', { team_id: owner.account.team_id }, 200);
  return other.with({ Authorization: `Bearer ${body.token}` });
}

const setRole = (client: Client, teamId: string, role: string) =>
  platform.sql(`UPDATE users_teams SET role = '${role}' WHERE user_id = '${uuid(client.account.user_id)}' AND team_id = '${uuid(teamId)}'`);

beforeAll(async () => {
  ada = await platform.newUser();
  team = ada.account.team_id;
});

test('AU-1, US-4: what users and keys do is recorded once each, with the exact values, and what fails is not', async () => {
  const key = (await ada.post('/v1/api-keys', { name: 'robot' }, 201)).body;
  const robot = platform.anonymous().with({ 'X-API-Key': key.key });
  const { id } = await robot.sandbox();
  await robot.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await robot.post(`/v1/sandboxes/${id}/pause`, undefined, 409);
  await robot.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  await robot.post('/v1/snapshots', { sandbox_id: id, name: 'shot' }, 201);
  await robot.delete('/v1/snapshots/shot', 204);
  await robot.delete(`/v1/sandboxes/${id}`, 204);
  await robot.delete(`/v1/sandboxes/${id}`);
  await ada.patch(`/v1/teams/${team}`, { name: 'New name' }, 204);
  await ada.patch(`/v1/teams/${team}`, { name: '<b>' }, 400);
  await ada.delete(`/v1/api-keys/${key.id}`, 204);
  await ada.delete(`/v1/api-keys/${key.id}`, 404);
  const entries = (await list(ada, 'limit=200')).filter((entry) => entry.resource_type !== 'user');
  expect(entries.map(short)).toEqual([
    'api_key/revoke/warning', 'team/rename/info', 'sandbox/destroy/warning', 'snapshot/delete/warning', 'snapshot/create/success',
    'sandbox/resume/success', 'sandbox/pause/success', 'sandbox/create/success', 'api_key/create/success',
  ]);
  expect(entries.every((entry) => entry.scope === 'team')).toBe(true);
  expect(entries[7]).toMatchObject({ actor_type: 'api_key', actor_id: key.id, actor_name: 'robot', resource_id: id, metadata: { template: 'base' } });
  expect(entries[4].resource_id).toBe('shot');
  expect(entries[1]).toMatchObject({ actor_type: 'user', actor_id: ada.account.user_id, actor_name: 'Ada', metadata: { new_name: 'New name' } });
  expect(entries[1].metadata.old_name).toBeTruthy();
  expect(entries[8].metadata.name).toBe('robot');
});

test('AU-1: every entry has the scope, status and metadata that the catalogue names for it', async () => {
  const catalogue = readFileSync(new URL('../../docs/reference/audit-events.md', import.meta.url), 'utf8')
    .split('\n').filter((line) => line.startsWith('| `')).map((line) => line.replaceAll('`', '').split('|').map((cell) => cell.trim()));
  const rows = platform.sql(`SELECT DISTINCT resource_type, action, scope, status, array_to_string(ARRAY(SELECT jsonb_object_keys(metadata)), ' ')
    FROM audit_logs WHERE actor_name <> ''`).split('\n').map((line) => line.split('|'));
  expect(rows.length).toBeGreaterThan(8);
  for (const [type, action, scope, status, keys] of rows) {
    const fitting = catalogue.filter((row) => row[1] === type && row[2] === action && row[3] === scope && row[4] === status);
    expect(fitting, `${type}.${action} ${scope} ${status}`).not.toEqual([]);
    const allowed = fitting.flatMap((row) => row[5].split(' '));
    for (const name of keys.split(' ').filter(Boolean)) expect(allowed, `${type}.${action}`).toContain(name);
  }
});

test('AU-1: nobody changes or removes an entry, by the API or in the database', async () => {
  expect((await ada.delete('/v1/audit-logs')).status).toBe(405);
  for (const sql of ["UPDATE audit_logs SET action = 'x'", 'DELETE FROM audit_logs', 'TRUNCATE audit_logs', 'DELETE FROM audit_chain'])
    expect(() => platform.sql(sql), sql).toThrow(/append-only/);
});

test('AU-2: an item has these fields and no others; addresses are for owners and admins', async () => {
  const reader = ada.with({ 'User-Agent': 'test/1' });
  const entry = await waitFor('the entry is in the chain', async () => (await list(reader, 'event=team.rename')).find(({ hash }) => hash));
  expect(Object.keys(entry).sort()).toEqual([
    'action', 'actor_id', 'actor_name', 'actor_type', 'created_at', 'hash', 'id', 'metadata', 'resource_id', 'resource_type',
    'scope', 'seq', 'source_ip', 'status', 'user_agent',
  ]);
  expect(entry.id).toMatch(/^log-[0-9a-f-]{36}$/);
  expect(entry.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(entry.source_ip).toBe('127.0.0.1');
  const [seen] = await list(await member(ada, 'member'), 'event=team.rename');
  for (const hidden of ['source_ip', 'user_agent', 'seq', 'hash']) expect(seen).not.toHaveProperty(hidden);
  const noActor = platform.sql("SELECT count(*) FROM audit_logs WHERE actor_type = 'system' AND actor_id IS NOT NULL");
  expect(noActor).toBe('0');
});

test('AU-3: while the log cannot be written, operations succeed, and their entries get there later', async () => {
  const lin = await platform.newUser('Lin');
  platform.sql('ALTER TABLE audit_logs RENAME TO audit_logs_away');
  try {
    await lin.patch(`/v1/teams/${lin.account.team_id}`, { name: 'During the fault' }, 204);
    const { id } = await lin.sandbox();
    await lin.delete(`/v1/sandboxes/${id}`, 204);
  } finally {
    platform.sql('ALTER TABLE audit_logs_away RENAME TO audit_logs');
  }
  const wanted = ['sandbox/create/success', 'sandbox/destroy/warning', 'team/rename/info'];
  const found = async () => (await list(lin)).map(short).filter((entry) => wanted.includes(entry)).sort();
  await waitFor('the entries are there', async () => (await found()).length >= 3);
  expect(await found()).toEqual(wanted);
  expect(platform.sql('SELECT count(*) FROM audit_spill')).toBe('0');
});

test('AU-3: an operation does not wait for somebody who has locked the log', async () => {
  const lin = await platform.newUser('Lin');
  const psql = spawn('psql', [...platform.psqlArguments(), '-qAt'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let said = '';
  psql.stdout.on('data', (data) => (said += data));
  psql.stdin.write("BEGIN; LOCK TABLE audit_logs; SELECT 'locked';\n");
  try {
    await waitFor('the log is locked', () => said.includes('locked'));
    await lin.patch(`/v1/teams/${lin.account.team_id}`, { name: 'While locked' }, 204);
    expect(said).not.toContain('released');
  } finally {
    psql.stdin.end("COMMIT; SELECT 'released';\n");
  }
  await waitFor('the entry is there', async () => (await list(lin, 'event=team.rename')).length === 1);
});

test('AU-3, C9: a client that goes away in the middle loses no entry', async () => {
  const lin = await platform.newUser('Lin');
  const { id } = await lin.sandbox();
  const gone = new AbortController();
  const pausing = fetch(`${platform.url}/v1/sandboxes/${id}/pause`, {
    method: 'POST', signal: gone.signal, headers: { Authorization: `Bearer ${lin.account.token}` },
  }).catch(() => {});
  await waitFor('it is being paused', () => platform.sql(`SELECT status FROM sandboxes WHERE id = '${uuid(id)}'`) !== 'running');
  gone.abort();
  await pausing;
  await waitFor('it is paused', async () => (await lin.get(`/v1/sandboxes/${id}`)).body.status === 'paused');
  expect((await list(lin, 'event=sandbox.pause')).length).toBe(1);
});

test('AU-4: only a signed-in user reads the log, and limits are checked', async () => {
  expect((await platform.anonymous().get('/v1/audit-logs')).status).toBe(401);
  expect((await platform.asAdmin().get('/v1/audit-logs')).status).toBe(401);
  const eve = await platform.newUser('Eve');
  insert(eve.account.team_id, 260);
  expect((await list(eve)).length).toBe(50);
  expect((await list(eve, 'limit=200')).length).toBe(200);
  expect((await list(eve, 'limit=1000')).length).toBe(200);
  for (const bad of ['limit=0', 'limit=-1', 'limit=x', 'before=yesterday', 'before_id=log-1', 'before_id=log-00000000-0000-4000-8000-000000000000',
    'from=x', 'to=x', `text=${'x'.repeat(201)}`, `actor=${Array(101).fill('a').join(',')}`])
    await eve.refused('GET', `/v1/audit-logs?${bad}`, undefined, 400, 'invalid_request');
});

test('AU-4, C9: walking 500 entries of one second, and 300 of one moment, meets each exactly once', async () => {
  const eve = await platform.newUser('Eve');
  insert(eve.account.team_id, 200);
  insert(eve.account.team_id, 300, 'sandbox', 'pause', 'team', "'2026-01-01T00:00:00.123456Z'");
  const all = platform.sql(`SELECT 'log-' || id FROM audit_logs WHERE team_id = '${uuid(eve.account.team_id)}' AND event LIKE 'sandbox.%'
    ORDER BY created_at DESC, id DESC`).split('\n');
  expect(all.length).toBe(500);
  for (const limit of [1, 2, 7, 200]) expect(await walk(eve, limit, '&resource_type=sandbox'), `limit ${limit}`).toEqual(all);
}, 60_000);

test('AU-4: filters: commas, repetition and blanks mean the same; lists are alternatives, parameters all must fit', async () => {
  const eve = await platform.newUser('Eve');
  const id = eve.account.team_id;
  insert(id, 2, 'sandbox', 'create');
  insert(id, 3, 'snapshot', 'create');
  insert(id, 4, 'api_key', 'revoke');
  insert(id, 5, 'member', 'add', 'admin');
  const count = async (query: string) => (await list(eve, `actor=system&${query}`)).length;
  for (const same of ['resource_type=sandbox,snapshot', 'resource_type=sandbox&resource_type=snapshot', 'resource_type=,sandbox,%20,snapshot,,',
    'resource_type=sandbox,sandbox&resource_type=snapshot&resource_type=', 'resource_type=%20snapshot%20&resource_type=sandbox'])
    expect(await count(same), same).toBe(5);
  expect(await count('action=create,revoke')).toBe(9);
  expect(await count('resource_type=sandbox&action=revoke')).toBe(0);
  expect(await count('resource_type=sandbox,api_key&action=create,revoke')).toBe(6);
  expect(await count('resource_type=nonsense')).toBe(0);
  expect(await count('action=nonsense')).toBe(0);
  expect(await count('resource_type=')).toBe(14);
  expect(await count('event=sandbox.create,api_key.revoke')).toBe(6);
  expect(await count('event=sandbox.create&resource_type=snapshot')).toBe(0);
  expect(await count('event=sandbox')).toBe(0);
});

test('AU-4: filters by actor, time and text', async () => {
  const eve = await platform.newUser('Eve O\'Neil 100%');
  const id = eve.account.team_id;
  insert(id, 3, 'sandbox', 'create', 'team', "'2026-03-01T12:00:00Z'");
  insert(id, 2, 'sandbox', 'pause', 'team', "'2026-03-02T12:00:00Z'");
  await eve.patch(`/v1/teams/${id}`, { name: 'Searchable Team' }, 204);
  expect((await list(eve, `actor=${eve.account.user_id}&event=team.rename`)).length).toBe(1);
  expect((await list(eve, `actor=system,${eve.account.user_id}&resource_type=team,sandbox`)).length).toBe(6);
  expect((await list(eve, 'actor=usr-00000000-0000-4000-8000-000000000000')).length).toBe(0);
  expect((await list(eve, 'from=2026-03-01T12:00:00Z&to=2026-03-02T12:00:00Z')).length).toBe(3);
  expect((await list(eve, 'from=2026-03-01T13:00:00%2B01:00&to=2026-03-02T12:00:00.000001Z')).length).toBe(5);
  expect((await list(eve, 'to=2026-03-01T12:00:00Z')).length).toBe(0);
  expect((await list(eve, 'text=searchABLE&event=team.rename')).length).toBe(1);
  expect((await list(eve, 'text=100%25&event=team.rename')).length).toBe(1);
  expect((await list(eve, 'text=_%25')).length).toBe(0);
  expect((await list(eve, 'text=&event=team.rename')).length).toBe(1);
});

test('AU-4: what happened to one thing is found by its id, by its team alone', async () => {
  const [eve, bob] = [await platform.newUser('Eve'), await platform.newUser('Bob')];
  const { id } = await eve.sandbox();
  await eve.sandbox();
  await eve.delete(`/v1/sandboxes/${id}`, 204);
  expect((await list(eve, `resource_id=${id}`)).map(short)).toEqual(['sandbox/destroy/warning', 'sandbox/create/success']);
  expect((await list(eve, `resource_id=${id}&action=create`)).length).toBe(1);
  expect(await walk(eve, 1, `&resource_id=${id}`)).toHaveLength(2);
  expect(await list(bob, `resource_id=${id}`)).toEqual([]);
  expect(await list(eve, 'resource_id=sb-nothing')).toEqual([]);
  expect((await list(eve, 'resource_id=')).length).toBeGreaterThan(2);
  // A member's view stays a member's.
  const max = await member(eve, 'member');
  insert(eve.account.team_id, 1, 'member', 'add', 'admin');
  expect((await list(eve, 'resource_id=r1')).length).toBe(1);
  expect(await list(max, 'resource_id=r1')).toEqual([]);
  expect((await list(max, `resource_id=${id}`)).length).toBe(2);
  await eve.refused('GET', `/v1/audit-logs?resource_id=${'x'.repeat(201)}`, undefined, 400, 'invalid_request');
});

test('AU-4: members see what is for the team, also when they ask for more; the present role decides', async () => {
  const eve = await platform.newUser('Eve');
  const id = eve.account.team_id;
  insert(id, 3);
  insert(id, 5, 'member', 'add', 'admin');
  const max = await member(eve, 'member');
  const seen = async (query: string) => (await list(max, `actor=system&${query}`)).length;
  expect(await seen('')).toBe(3);
  expect(await seen('resource_type=member')).toBe(0);
  expect(await seen('event=member.add,sandbox.create')).toBe(3);
  setRole(max, id, 'admin');
  expect(await seen('')).toBe(8);
  expect(await seen('resource_type=member')).toBe(5);
  setRole(max, id, 'member');
  expect(await seen('')).toBe(3);
  expect((await list(ada, 'actor=system&event=member.add')).length).toBe(0);
});

test('AU-4: exports hold exactly what their reader may see, as JSON lines and as CSV', async () => {
  const eve = await platform.newUser('=cmd|x');
  const id = eve.account.team_id;
  insert(id, 2500);
  insert(id, 10, 'member', 'add', 'admin');
  await eve.patch(`/v1/teams/${id}`, { name: 'Quote Team' }, 204);
  const lines = async (client: Client, query: string) => {
    const answer = await client.get(`/v1/audit-logs/export?${query}`, 200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit\.(csv|jsonl)"$/);
    return answer.body.toString().trimEnd().split(/\r?\n/);
  };
  const entries = (await lines(eve, 'actor=system')).map((line: string) => JSON.parse(line));
  expect(entries.length).toBe(2510);
  expect(new Set(entries.map((entry: Json) => entry.id)).size).toBe(2510);
  const max = await member(eve, 'member');
  const visible = (await lines(max, 'actor=system')).map((line: string) => JSON.parse(line));
  expect(visible.length).toBe(2500);
  expect(visible.every((entry: Json) => entry.scope === 'team' && !('source_ip' in entry) && !('hash' in entry))).toBe(true);
  const [head, ...rows] = await lines(eve, 'format=csv&event=team.rename');
  expect(head).toMatch(/^created_at,id,status,/);
  expect(rows.length).toBe(1);
  expect(rows[0]).toContain(`"'=cmd|x"`);
  expect(rows[0]).toContain('""new_name"":""Quote Team""');
  expect((await platform.asAdmin().get('/v1/audit-logs/export')).status).toBe(401);
  await eve.refused('GET', '/v1/audit-logs/export?format=xml', undefined, 400, 'invalid_request');
});

test('AU-4: platform admins read the logs of all teams, others do not', async () => {
  const { email, password } = platform.admin;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  const root = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  const page = (await root.get('/v1/admin/audit-logs?limit=200', 200)).body;
  expect(new Set(page.items.map((item: Json) => item.team_id)).size).toBeGreaterThan(1);
  const one = (await root.get(`/v1/admin/audit-logs?team_id=${team}&event=team.rename`, 200)).body.items;
  expect(one.map((item: Json) => item.team_id)).toEqual([team]);
  const next = (await root.get(`/v1/admin/audit-logs?limit=200&before=${page.next_before}&before_id=${page.next_before_id}`, 200)).body.items;
  expect(next.some((item: Json) => page.items.some((other: Json) => other.id === item.id))).toBe(false);
  await ada.refused('GET', '/v1/admin/audit-logs', undefined, 403, 'forbidden');
  expect((await platform.asAdmin().get('/v1/admin/audit-logs')).status).toBe(401);
});
