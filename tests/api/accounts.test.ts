// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });

test('signing up makes a user, a team and a token that works at once', async () => {
  const { body } = await platform.anonymous().post('/v1/auth/signup', { email: ' Bob@X.io ', password: 'password1', name: ' Bob ' }, 201);
  expect(body.email).toBe('bob@x.io');
  expect(body.name).toBe('Bob');
  const bob = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  const teams = (await bob.get('/v1/teams', 200)).body.items;
  expect(teams).toHaveLength(1);
  expect(teams[0]).toMatchObject({ name: "Bob's Team", role: 'owner', is_byoc: false });
  await platform.anonymous().refused('POST', '/v1/auth/signup', { email: 'BOB@x.io', password: 'password1', name: 'B' }, 409, 'email_taken');
});

test.each([
  [{ password: 'password1', name: 'A' }],
  [{ email: 'a@b.io', password: 'short', name: 'A' }],
  [{ email: 'nobody', password: 'password1', name: 'A' }],
  [{ email: 'a@b.io', password: 'password1', name: '  ' }],
  [{ email: 7, password: 'password1', name: 'A' }],
])('signing up with %j is refused', async (request) => {
  await platform.anonymous().refused('POST', '/v1/auth/signup', request, 400, 'invalid_request');
});

test('of many parallel sign-ups with one address exactly one succeeds', async () => {
  const request = { email: 'race@x.io', password: 'password1', name: 'R' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => platform.anonymous().post('/v1/auth/signup', request)));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  expect(platform.sql("SELECT count(*) FROM users WHERE email = 'race@x.io'")).toBe('1');
});

test('signing in tells nobody whether the address or the password was wrong', async () => {
  const ada = await platform.newUser();
  const wrong = await platform.anonymous().post('/v1/auth/login', { email: ada.account.email, password: 'wrong horse' }, 401);
  const unknown = await platform.anonymous().post('/v1/auth/login', { email: 'no@where.io', password: 'wrong horse' }, 401);
  expect({ ...wrong.body.error, request_id: '' }).toEqual({ ...unknown.body.error, request_id: '' });
  const right = await platform.anonymous().post('/v1/auth/login', { email: ada.account.email.toUpperCase(), password: ada.account.password }, 200);
  expect(right.body.team_id).toBe(ada.account.team_id);
});

test('a key acts for its team in either spelling until it is revoked, and is shown once', async () => {
  const ada = await platform.newUser();
  const made = (await ada.post('/v1/api-keys', { name: 'ci' }, 201)).body;
  expect(made.key).toMatch(/^sbk_[0-9a-f]{40}$/);
  const key = platform.anonymous().with({ 'X-API-Key': made.key });
  const e2b = platform.anonymous().with({ 'X-API-Key': made.key.replace('sbk_', 'e2b_') });
  await key.get('/v1/sandboxes', 200);
  await e2b.get('/v1/sandboxes', 200);
  await key.refused('GET', '/v1/teams', undefined, 401, 'unauthorized');
  const listed = (await ada.get('/v1/api-keys', 200)).body.items ?? (await ada.get('/v1/api-keys', 200)).body;
  expect(JSON.stringify(listed)).not.toContain(made.key);
  await ada.delete(`/v1/api-keys/${made.id}`, 204);
  await key.refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
});

test('another team’s key cannot be revoked or seen', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  const made = (await ada.post('/v1/api-keys', {}, 201)).body;
  await eve.refused('DELETE', `/v1/api-keys/${made.id}`, undefined, 404, 'not_found');
});

test('a bad key is refused even beside a good token', async () => {
  const ada = await platform.newUser();
  await ada.with({ 'X-API-Key': `sbk_${'0'.repeat(40)}` }).refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
});

test.each(['', 'Bearer', 'Bearer x.y.z', 'Basic YTpi'])('the credentials %j let nobody in', async (value) => {
  const stranger = platform.anonymous().with(value ? { Authorization: value } : {});
  await stranger.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
});

test('a disabled user and a removed member are out at once, with the token they have', async () => {
  const ada = await platform.newUser();
  await ada.get('/v1/sandboxes', 200);
  platform.sql(`DELETE FROM users_teams WHERE user_id = '${ada.account.user_id.slice(4)}'`);
  expect((await ada.get('/v1/sandboxes')).status).toBe(403);
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${ada.account.user_id.slice(4)}'`);
  expect((await ada.get('/v1/me')).status).toBe(403);
});

test('what is done is written down, newest first, for the own team only', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  const key = (await ada.post('/v1/api-keys', { name: 'ci' }, 201)).body;
  await ada.delete(`/v1/api-keys/${key.id}`, 204);
  const mine = (await ada.get('/v1/audit-logs?resource_type=api_key', 200)).body.items;
  expect(mine.map((entry: { action: string }) => entry.action)).toEqual(['revoke', 'create']);
  expect(mine[0]).toMatchObject({ actor_type: 'user', actor_id: ada.account.user_id, resource_id: key.id });
  expect((await eve.get('/v1/audit-logs?resource_type=api_key', 200)).body.items).toEqual([]);
});
