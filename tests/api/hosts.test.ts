// SPDX-License-Identifier: Apache-2.0
// Hosts as people manage them: who may, tags, draining, and removal with what is on them.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import { Agent, signedInAdmin } from './agents';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const settings = { SANDBAR_BYOC_NETWORKS: '127.0.0.0/8', HOST_AGENT_ADDR: '127.0.0.1:9', CP_HOST_AGENT_ADDR: 'http://127.0.0.1:9' };
const platform = usePlatform({ hosts: 0, settings });
let admin: Client;
let owner: Client;
let member: Client;
let stranger: Client;
let team: string;

const unknown = () => `host-${randomUUID()}`;
const uuidOf = (id: string) => id.slice(id.indexOf('-') + 1);

beforeAll(async () => {
  admin = await signedInAdmin(platform);
  [owner, member, stranger] = await Promise.all([platform.newUser('Owner'), platform.newUser('Member'), platform.newUser('Stranger')]);
  team = owner.account.team_id;
  platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(team)}'`);
  platform.sql(`INSERT INTO users_teams (user_id, team_id, role) VALUES ('${uuidOf(member.account.user_id)}', '${uuidOf(team)}', 'member')`);
  const { email, password } = member.account;
  const login = (await platform.anonymous().post('/v1/auth/login', { email, password }, 200)).body;
  member = platform.anonymous().with({ Authorization: `Bearer ${login.token}` });
  const switched = await member.request('POST', '/v1/auth/switch-team', {
    body: JSON.stringify({ team_id: team }), headers: { 'Content-Type': 'application/json' },
  });
  if (switched.status === 200) member = platform.anonymous().with({ Authorization: `Bearer ${switched.body.token}` });
});

const byoc = () => ({ type: 'byoc', team_id: team });
const hostOf = async (client: Client, body: Json) => (await client.post('/v1/hosts', body, 201)).body.host;

test('HO-1: control runs without any host and knows no fixed agent; a sandbox then finds no place', async () => {
  await platform.asAdmin().refused('POST', '/v1/sandboxes', {}, 503, 'no_hosts_available');
  expect(platform.sql('SELECT count(*) FROM sandboxes')).toBe('0');
});

test('HO-2: regular hosts are made by platform admins, a team\'s own by its owner too', async () => {
  const made = (await admin.post('/v1/hosts', { type: 'regular', provider: 'here', availability_zone: 'a' }, 201)).body;
  expect(made.host).toMatchObject({ type: 'regular', status: 'pending', provider: 'here', availability_zone: 'a' });
  expect(made.registration_token).toMatch(/^[0-9a-f]{64}$/);
  for (const client of [owner, stranger]) await client.refused('POST', '/v1/hosts', { type: 'regular' }, 403, 'forbidden');
  for (const client of [admin, owner]) expect(await hostOf(client, byoc())).toMatchObject({ type: 'byoc', team_id: team });
  await stranger.refused('POST', '/v1/hosts', byoc(), 403, 'forbidden');
  await platform.asAdmin().refused('POST', '/v1/hosts', { type: 'regular' }, 401, 'unauthorized');
  await admin.refused('POST', '/v1/hosts', { type: 'byoc' }, 400, 'invalid_request');
  await admin.refused('POST', '/v1/hosts', { type: 'byoc', team_id: 'nonsense' }, 400, 'invalid_request');
  await admin.refused('POST', '/v1/hosts', { type: 'other' }, 400, 'invalid_request');
  await admin.refused('POST', '/v1/hosts', { type: 'regular', team_id: team }, 400, 'invalid_request');
  await admin.refused('POST', '/v1/hosts', { type: 'byoc', team_id: `team-${randomUUID()}` }, 404, 'not_found');
  await owner.refused('POST', '/v1/hosts', { type: 'byoc', team_id: `team-${randomUUID()}` }, 403, 'forbidden');
  await admin.refused('POST', '/v1/hosts', { type: 'byoc', team_id: stranger.account.team_id }, 403, 'forbidden');
  await admin.refused('POST', '/v1/hosts', { type: 'regular', provider: 'x'.repeat(101) }, 400, 'invalid_request');
});

test('HO-3, AD-3: platform admins see all hosts and whose they are, a team its own, newest first and page by page', async () => {
  const mine = await hostOf(owner, byoc());
  const regular = await hostOf(admin, { type: 'regular' });
  const all = (await admin.get('/v1/hosts?limit=100', 200)).body.items;
  expect(all.map((host: Json) => host.id).slice(0, 2)).toEqual([regular.id, mine.id]);
  expect(all[1].team_name).toBe(platform.sql(`SELECT name FROM teams WHERE id = '${uuidOf(team)}'`));
  expect(all[0].team_name).toBeUndefined();
  const own = (await owner.get('/v1/hosts', 200)).body.items;
  expect(own.every((host: Json) => host.team_id === team && host.team_name === undefined)).toBe(true);
  expect((await stranger.get('/v1/hosts', 200)).body.items).toEqual([]);
  await owner.get(`/v1/hosts/${mine.id}`, 200);
  for (const [client, id] of [[owner, regular.id], [stranger, mine.id], [owner, unknown()]] as [Client, string][])
    await client.refused('GET', `/v1/hosts/${id}`, undefined, 404, 'not_found');
  await owner.refused('GET', '/v1/hosts/host-nonsense', undefined, 400, 'invalid_request');
  const first = (await admin.get('/v1/hosts?limit=1', 200)).body;
  const second = (await admin.get(`/v1/hosts?limit=1&cursor=${first.next_cursor}`, 200)).body;
  expect([first.items[0].id, second.items[0].id]).toEqual([regular.id, mine.id]);
  expect((await admin.get('/v1/hosts?type=byoc&status=pending', 200)).body.items[0].id).toBe(mine.id);
});

test('HO-5: tags are added once, sorted, bounded, and changed by who manages the host', async () => {
  const { id } = await hostOf(owner, byoc());
  const tags = `/v1/hosts/${id}/tags`;
  expect((await owner.get(tags, 200)).body).toEqual([]);
  for (const tag of ['gpu', 'eu-west', 'gpu', 'a:b=c']) await owner.post(tags, { tag }, 204);
  expect((await owner.get(tags, 200)).body).toEqual(['a:b=c', 'eu-west', 'gpu']);
  expect((await owner.get('/v1/hosts?tag=gpu', 200)).body.items.map((host: Json) => host.id)).toEqual([id]);
  expect((await owner.get(`/v1/hosts/${id}`, 200)).body.tags).toEqual(['a:b=c', 'eu-west', 'gpu']);
  await owner.delete(`${tags}/eu-west`, 204);
  await owner.delete(`${tags}/${encodeURIComponent('a:b=c')}`, 204);
  await owner.delete(`${tags}/never`, 204);
  expect((await owner.get(tags, 200)).body).toEqual(['gpu']);
  for (const tag of ['', ' ', 'a b', '-a', 'a/b', 'ü', 'x'.repeat(64)])
    await owner.refused('POST', tags, { tag }, 400, 'invalid_request');
  await owner.refused('POST', tags, {}, 400, 'invalid_request');
  for (let i = 1; i < 32; ++i) await owner.post(tags, { tag: `t${i}` }, 204);
  await owner.refused('POST', tags, { tag: 'one-too-many' }, 400, 'invalid_request');
  await stranger.refused('GET', tags, undefined, 404, 'not_found');
  await stranger.refused('POST', tags, { tag: 'x' }, 404, 'not_found');
  await admin.refused('POST', `/v1/hosts/${unknown()}/tags`, { tag: 'x' }, 404, 'not_found');
  platform.sql(`UPDATE users_teams SET role = 'member' WHERE user_id = '${uuidOf(owner.account.user_id)}'`);
  expect((await owner.get(tags, 200)).body).toHaveLength(32);
  for (const [method, path, body] of [
    ['POST', '/tags', { tag: 'x' }], ['DELETE', '/tags/gpu', undefined], ['POST', '/drain', {}], ['POST', '/undrain', {}],
    ['GET', '/delete-preview', undefined], ['DELETE', '', undefined], ['POST', '/token', {}],
  ] as [string, string, Json][])
    await owner.refused(method, `/v1/hosts/${id}${path}`, body, 403, 'forbidden');
  platform.sql(`UPDATE users_teams SET role = 'owner' WHERE user_id = '${uuidOf(owner.account.user_id)}'`);
});

test('HO-2: somebody who is no owner any more is refused although the token says so', async () => {
  const user = `user_id = '${uuidOf(owner.account.user_id)}'`;
  platform.sql(`UPDATE users_teams SET role = 'member' WHERE ${user}`);
  await owner.refused('POST', '/v1/hosts', byoc(), 403, 'forbidden');
  platform.sql(`UPDATE users_teams SET role = 'admin' WHERE ${user}`);
  await owner.post('/v1/hosts', byoc(), 201);
  platform.sql(`UPDATE users_teams SET role = 'owner' WHERE ${user}`);
});

test('HO-4: a host that never joined is removed at once, and only once', async () => {
  const { id } = await hostOf(owner, byoc());
  await stranger.refused('DELETE', `/v1/hosts/${id}`, undefined, 404, 'not_found');
  expect((await owner.get(`/v1/hosts/${id}/delete-preview`, 200)).body).toMatchObject({ host: { id }, sandbox_ids: [] });
  await owner.delete(`/v1/hosts/${id}`, 204);
  await owner.refused('DELETE', `/v1/hosts/${id}`, undefined, 404, 'not_found');
  const entry = platform.sql(`SELECT status || ' ' || team_id FROM audit_logs WHERE resource_id = '${id}' AND action = 'delete'`);
  expect(entry).toBe(`warning ${uuidOf(team)}`);
});

const sandboxHost = (id: string) => `host-${platform.sql(`SELECT host_id FROM sandboxes WHERE id = '${uuidOf(id)}'`)}`;
const statusOf = async (id: string) => (await platform.asAdmin().get(`/v1/sandboxes/${id}`, 200)).body.status;

test('HO-1, HO-4: sandboxes land on each host; a draining one gets none; removing one by force ends what is on it', async () => {
  const key = platform.asAdmin();
  const [one, two] = await Promise.all([Agent.start(platform, admin), Agent.start(platform, admin)]);
  const sandboxes = [await key.sandbox(), await key.sandbox(), await key.sandbox(), await key.sandbox()];
  expect(new Set(sandboxes.map(({ id }) => sandboxHost(id)))).toEqual(new Set([one.id, two.id]));

  expect((await admin.post(`/v1/hosts/${two.id}/drain`, undefined, 200)).body.status).toBe('draining');
  await admin.post(`/v1/hosts/${two.id}/drain`, undefined, 200);
  for (let i = 0; i < 3; ++i) expect(sandboxHost((await key.sandbox()).id)).toBe(one.id);
  const there = sandboxes.filter(({ id }) => sandboxHost(id) === two.id).map(({ id }) => id);
  expect((await key.exec(there[0], 'echo', 'still here')).stdout).toBe('still here\n');
  expect((await admin.post(`/v1/hosts/${two.id}/undrain`, undefined, 200)).body.status).toBe('online');
  expect([sandboxHost((await key.sandbox()).id), sandboxHost((await key.sandbox()).id)]).toContain(two.id);
  const actions = platform.sql(`SELECT string_agg(action, ',' ORDER BY created_at) FROM audit_logs WHERE resource_id = '${two.id}' AND action LIKE '%drain'`);
  expect(actions).toBe('drain,undrain');

  await key.post(`/v1/sandboxes/${there[0]}/pause`, undefined, 200);
  const preview = (await admin.get(`/v1/hosts/${two.id}/delete-preview`, 200)).body;
  expect(preview.sandbox_ids).toEqual(expect.arrayContaining(there));
  for (const force of ['', '?force=1', '?force=TRUE']) {
    const refused = await admin.refused('DELETE', `/v1/hosts/${two.id}${force}`, undefined, 409, 'host_has_sandboxes');
    expect(refused.body.error.sandbox_ids).toEqual(preview.sandbox_ids);
  }
  expect((await two.view()).status).toBe('online');
  expect((await key.exec(there[1], 'true')).exit_code).toBe(0);

  await admin.delete(`/v1/hosts/${two.id}?force=true`, 204);
  await two.process.ended();
  expect(existsSync(join(two.state, 'credentials.json'))).toBe(false);
  for (const id of preview.sandbox_ids) expect(await statusOf(id)).toBe('stopped');
  await admin.refused('GET', `/v1/hosts/${two.id}`, undefined, 404, 'not_found');
  for (let i = 0; i < 2; ++i) expect(sandboxHost((await key.sandbox()).id)).toBe(one.id);
  await one.remove();
});

test('HO-4, C4, C6: a host that does not answer is removed in bounded time, and its agent cleans up when it is back', async () => {
  const key = platform.asAdmin();
  const agent = await Agent.start(platform, admin);
  const running = await key.sandbox();
  const paused = await key.sandbox();
  await key.post(`/v1/sandboxes/${paused.id}/pause`, undefined, 200);
  agent.process.kill('SIGSTOP');
  await admin.delete(`/v1/hosts/${agent.id}?force=true`, 204);
  for (const { id } of [running, paused]) {
    expect(await statusOf(id)).toBe('stopped');
    await key.refused('POST', `/v1/sandboxes/${id}/resume`, undefined, 409, 'invalid_state');
  }
  agent.process.kill('SIGCONT');
  await agent.process.ended();
  expect(existsSync(join(agent.state, 'credentials.json'))).toBe(false);
  expect(existsSync(join(agent.state, 'sandboxes', running.id))).toBe(false);
});

test('HT-9: a host that must register again keeps its id, its tags and its sandboxes', async () => {
  const key = platform.asAdmin();
  const agent = await Agent.start(platform, admin);
  const { id } = await key.sandbox();
  await admin.post(`/v1/hosts/${agent.id}/tags`, { tag: 'kept' }, 204);
  await admin.refused('POST', `/v1/hosts/${agent.id}/token`, undefined, 409, 'invalid_state');
  const reset = (await admin.post(`/v1/hosts/${agent.id}/token?reset=true`, undefined, 201)).body;
  expect(reset.host.status).toBe('pending');
  await agent.process.printed(/register this host again/);
  expect(await statusOf(id)).toBe('missing');
  await agent.process.stop();
  agent.register(reset.registration_token);
  await agent.becomes('online');
  expect((await agent.view()).tags).toEqual(['kept']);
  await waitFor('the sandbox is back', async () => (await statusOf(id)) === 'paused');
  await key.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  expect((await key.exec(id, 'echo', 'again')).stdout).toBe('again\n');
  await agent.remove();
});

test('PL-1: a host that is dead does not slow down what is asked of another', async () => {
  const key = platform.asAdmin();
  const [alive, dead] = await Promise.all([Agent.start(platform, admin), Agent.start(platform, admin)]);
  const made = [await key.sandbox(), await key.sandbox()];
  const on = (agent: Agent) => made.find(({ id }) => sandboxHost(id) === agent.id)!.id;
  const [good, bad] = [on(alive), on(dead)];
  dead.process.kill('SIGSTOP');
  const hanging = Array.from({ length: 20 }, () => key.post(`/v1/sandboxes/${bad}/exec`, { cmd: 'true' }));
  for (let i = 0; i < 20; ++i) expect((await key.exec(good, 'true')).exit_code).toBe(0);
  dead.process.kill('SIGKILL');
  const refused = await Promise.all(hanging);
  for (const answer of refused) expect([409, 502, 503]).toContain(answer.status);
  await dead.process.ended();
  dead.run();
  await waitFor('the sandbox answers again', async () => (await key.post(`/v1/sandboxes/${bad}/exec`, { cmd: 'true' })).status === 200);
  await Promise.all([alive.remove(), dead.remove()]);
});
