// SPDX-License-Identifier: Apache-2.0
// What agents do with control, spoken by the test itself: registration, heartbeats, renewal of credentials, and control
// that is killed in the middle of it.
import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { signedInAdmin, signingRequest } from './agents';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const settings = { SANDBAR_REACH_LIMIT: '50ms' };
const platform = usePlatform({ hosts: 0, settings });
let admin: Client;
let nobody: Client;

const newToken = () => randomBytes(32).toString('hex');
const uuidOf = (id: string) => id.slice(id.indexOf('-') + 1);
const payloadOf = (jwt: string): Json => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());
// Nobody listens there: these hosts exist for control only.
const body = (token: string, rest: Json = {}) => ({ token, address: '127.0.0.1:9', csr: signingRequest(), ...rest });
const refresh = (refresh_token: string, next_refresh_token?: string) =>
  nobody.post('/v1/hosts/auth/refresh', { refresh_token, ...(next_refresh_token && { next_refresh_token }) });

beforeAll(async () => {
  admin = await signedInAdmin(platform);
  nobody = platform.anonymous();
});

const created = async () => (await admin.post('/v1/hosts', { type: 'regular' }, 201)).body;

async function registered(): Promise<Json> {
  return (await nobody.post('/v1/hosts/register', body((await created()).registration_token), 201)).body;
}

const beat = (credentials: Json, id = credentials.host.id) =>
  nobody.with({ 'X-Host-Token': credentials.token }).post(`/v1/hosts/${id}/heartbeat`, {});

test('HT-1, HT-8: a registration stores what the agent says, and its token works once', async () => {
  const { host, registration_token } = await created();
  const facts = { arch: 'amd64', cpu_cores: 8, memory_mb: 16_000, disk_gb: 100 };
  const granted = (await nobody.post('/v1/hosts/register', body(registration_token, facts), 201)).body;
  expect(granted.host).toMatchObject({ id: host.id, address: '127.0.0.1:9', ...facts });
  expect(granted.host.last_heartbeat_at).toBeTruthy();
  expect(granted.certificate_pem).toContain('BEGIN CERTIFICATE');
  expect(granted.ca_pem).toContain('BEGIN CERTIFICATE');
  expect(platform.sql(`SELECT used_at IS NOT NULL FROM host_registration_tokens WHERE host_id = '${uuidOf(host.id)}'`)).toBe('t');
  await nobody.refused('POST', '/v1/hosts/register', body(registration_token), 401, 'unauthorized');
});

test('HT-1: bad tokens are unauthorized, missing fields are bad requests, and neither uses a token up', async () => {
  const { host, registration_token } = await created();
  for (const token of [newToken(), 'garbage', '0'.repeat(64)])
    await nobody.refused('POST', '/v1/hosts/register', body(token), 401, 'unauthorized');
  for (const missing of ['token', 'address', 'csr'])
    await nobody.refused('POST', '/v1/hosts/register', { ...body(registration_token), [missing]: undefined }, 400, 'invalid_request');
  for (const bad of [{ address: 'nonsense' }, { csr: 'nonsense' }, { cpu_cores: -1 }, { csr: 'x'.repeat(20_000) }])
    await nobody.refused('POST', '/v1/hosts/register', body(registration_token, bad), 400, 'invalid_request');
  platform.sql(`UPDATE host_registration_tokens SET expires_at = now() - interval '1 second' WHERE host_id = '${uuidOf(host.id)}'`);
  await nobody.refused('POST', '/v1/hosts/register', body(registration_token), 401, 'unauthorized');
  const newer = (await admin.post(`/v1/hosts/${host.id}/token`, undefined, 201)).body.registration_token;
  const newest = (await admin.post(`/v1/hosts/${host.id}/token`, undefined, 201)).body.registration_token;
  await nobody.refused('POST', '/v1/hosts/register', body(newer), 401, 'unauthorized');
  await admin.delete(`/v1/hosts/${host.id}`, 204);
  await nobody.refused('POST', '/v1/hosts/register', body(newest), 401, 'unauthorized');
});

test('HT-1: of twenty registrations with one token one succeeds', async () => {
  const request = body((await created()).registration_token);
  const answers = await Promise.all(Array.from({ length: 20 }, () => nobody.post('/v1/hosts/register', request)));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([201, ...Array(19).fill(401)]);
});

test('HT-1: a host whose agent control does not reach gets no sandboxes, and is told so', async () => {
  const credentials = await registered();
  const answer = await beat(credentials);
  expect(answer.status).toBe(204);
  expect(answer.headers.get('sandbar-reached')).toBe('false');
  expect((await admin.get(`/v1/hosts/${credentials.host.id}`, 200)).body.status).toBe('pending');
  await platform.asAdmin().refused('POST', '/v1/sandboxes', {}, 503, 'no_hosts_available');
});

test('W5: a team cannot send control to an address of its own network', async () => {
  const owner = await platform.newUser();
  const team_id = owner.account.team_id;
  platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(team_id)}'`);
  const { registration_token } = (await owner.post('/v1/hosts', { type: 'byoc', team_id }, 201)).body;
  for (const address of ['127.0.0.1:5432', '169.254.169.254:80', '10.0.0.1:1', 'metadata.internal:80', '[::1]:80'])
    await nobody.refused('POST', '/v1/hosts/register', body(registration_token, { address }), 400, 'invalid_request');
  await nobody.post('/v1/hosts/register', body(registration_token, { address: 'tunnel' }), 201);
});

test('HT-2: a host token is for seven days, a refresh token for sixty, and only its hash is kept', async () => {
  const { host, token, refresh_token } = await registered();
  const claims = payloadOf(token);
  expect(claims).toMatchObject({ typ: 'host', host_id: host.id, sub: host.id });
  expect(claims.exp - claims.iat).toBe(604_800);
  expect(refresh_token).toMatch(/^[0-9a-f]{64}$/);
  const rows = `host_refresh_tokens WHERE host_id = '${uuidOf(host.id)}'`;
  expect(platform.sql(`SELECT round(extract(epoch FROM expires_at - created_at) / 86400) FROM ${rows}`)).toBe('60');
  expect(platform.sql(`SELECT token_hash FROM ${rows}`)).not.toBe(refresh_token);
});

test('HT-2: tokens of hosts and of users are not taken for each other', async () => {
  const credentials = await registered();
  await nobody.with({ Authorization: `Bearer ${credentials.token}` }).refused('GET', '/v1/hosts', undefined, 401, 'unauthorized');
  const user = (await nobody.post('/v1/auth/login', { email: platform.admin.email, password: platform.admin.password }, 200)).body.token;
  expect((await beat({ ...credentials, token: user })).status).toBe(401);
  const other = await registered();
  expect((await beat(credentials, other.host.id)).status).toBe(403);
});

test('HT-3: a heartbeat is noted; without a good token, or for no host, it is refused', async () => {
  const credentials = await registered();
  const id = credentials.host.id;
  platform.sql(`UPDATE hosts SET last_heartbeat_at = now() - interval '1 hour', status = 'unreachable', reached_at = now() WHERE id = '${uuidOf(id)}'`);
  for (let i = 0; i < 3; ++i) expect((await beat(credentials)).status).toBe(204);
  const host = (await admin.get(`/v1/hosts/${id}`, 200)).body;
  expect(host.status).toBe('online');
  expect(Date.parse(host.last_heartbeat_at)).toBeGreaterThan(Date.parse(host.created_at) - 1);
  expect(platform.sql(`SELECT count(*) FROM audit_logs WHERE resource_id = '${id}' AND action = 'marked_up'`)).toBe('1');
  await nobody.refused('POST', `/v1/hosts/${id}/heartbeat`, {}, 401, 'unauthorized');
  await nobody.with({ 'X-Host-Token': credentials.token }).refused('POST', '/v1/hosts/host-x/heartbeat', {}, 400, 'invalid_request');
  await admin.delete(`/v1/hosts/${id}?force=true`, 204);
  expect((await beat(credentials)).status).toBe(404);
});

test('HT-4, HT-5: each refresh gives new tokens and ends the old one; what is not good is unauthorized', async () => {
  const first = await registered();
  const next = newToken();
  const renewed = (await refresh(first.refresh_token, next)).body;
  expect(renewed.refresh_token).toBe(next);
  expect(payloadOf(renewed.token).host_id).toBe(first.host.id);
  expect((await beat(renewed)).status).toBe(204);
  const without = await refresh(next);
  expect(without.status).toBe(200);
  expect(without.body.refresh_token).toMatch(/^[0-9a-f]{64}$/);
  for (const bad of [newToken(), 'garbage', '']) expect((await refresh(bad, newToken())).status).toBe(401);
  await nobody.refused('POST', '/v1/hosts/auth/refresh', {}, 400, 'invalid_request');
  await nobody.refused('POST', '/v1/hosts/auth/refresh', { refresh_token: newToken(), next_refresh_token: 'short' }, 400, 'invalid_request');
  platform.sql(`UPDATE host_refresh_tokens SET expires_at = now() WHERE host_id = '${uuidOf(first.host.id)}'`);
  expect((await refresh(without.body.refresh_token, newToken())).status).toBe(401);
  const deleted = await registered();
  await admin.delete(`/v1/hosts/${deleted.host.id}?force=true`, 204);
  expect((await refresh(deleted.refresh_token, newToken())).status).toBe(401);
});

test('HT-4: the old token is good for one thing only: to ask the same again', async () => {
  const { host, refresh_token } = await registered();
  const next = newToken();
  expect((await refresh(refresh_token, next)).status).toBe(200);
  expect((await refresh(refresh_token, next)).status).toBe(200);
  expect((await refresh(refresh_token, newToken())).status).toBe(401);
  expect((await refresh(next, newToken())).status).toBe(401);
  const reused = `audit_logs WHERE resource_id = '${host.id}' AND action = 'refresh_reused'`;
  expect(platform.sql(`SELECT status FROM ${reused}`)).toBe('error');
});

test('HT-4, W6: of parallel uses of one token at most one gets a successor, and no second family begins', async () => {
  const { host, refresh_token } = await registered();
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refresh_token, newToken())));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  expect(platform.sql(`SELECT count(*) FROM host_refresh_tokens WHERE host_id = '${uuidOf(host.id)}' AND revoked_at IS NULL`)).toBe('0');
});

test('HT-4: a chain of sixty renewals holds', async () => {
  let { refresh_token } = await registered();
  for (let i = 0; i < 60; ++i) {
    const answer = await refresh(refresh_token, newToken());
    expect(answer.status).toBe(200);
    ({ refresh_token } = answer.body);
  }
});

test.each(['refresh.begun', 'refresh.between', 'refresh.stored'])(
  'HT-4: control killed at %s locks no agent out', async (place) => {
    const { refresh_token } = await registered();
    const next = newToken();
    await platform.control.stop();
    await platform.startControl({ ...settings, SANDBAR_TEST_FAILPOINT: place });
    await expect(refresh(refresh_token, next)).rejects.toThrow();
    await platform.control.ended();
    await platform.startControl(settings);
    const answer = await refresh(refresh_token, next);
    expect(answer.status).toBe(200);
    expect((await beat(answer.body)).status).toBe(204);
    expect((await refresh(next, newToken())).status).toBe(200);
  });

test('HT-9: a host that is reset refuses everything of before until it has registered again', async () => {
  const before = await registered();
  const reset = (await admin.post(`/v1/hosts/${before.host.id}/token?reset=true`, undefined, 201)).body;
  expect((await beat(before)).status).toBe(401);
  expect((await refresh(before.refresh_token, newToken())).status).toBe(401);
  const after = (await nobody.post('/v1/hosts/register', body(reset.registration_token), 201)).body;
  expect(after.host.id).toBe(before.host.id);
  expect((await beat(after)).status).toBe(204);
  await admin.refused('POST', `/v1/hosts/host-${randomUUID()}/token`, {}, 404, 'not_found');
});
