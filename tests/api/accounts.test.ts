// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });

test('US-1: signing up makes a user, a team and a token that works at once', async () => {
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
  [{ email: 'a@b.io', password: 'password1', name: 'n'.repeat(101) }],
  [{ email: '@', password: 'password1', name: 'A' }],
  [{ email: 'a@b.io', password: 'p'.repeat(1025), name: 'A' }],
  [{ email: 'a@b.io', password: 'password1', name: 'A\nB' }],
])('US-1: signing up with %j is refused', async (request) => {
  await platform.anonymous().refused('POST', '/v1/auth/signup', request, 400, 'invalid_request');
});

test('US-1: of many parallel sign-ups with one address exactly one succeeds', async () => {
  const request = { email: 'race@x.io', password: 'password1', name: 'R' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => platform.anonymous().post('/v1/auth/signup', request)));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  expect(platform.sql("SELECT count(*) FROM users WHERE email = 'race@x.io'")).toBe('1');
  expect(platform.sql("SELECT count(*) FROM teams WHERE name = 'R''s Team'")).toBe('1');
});

test('US-2: signing in tells nobody whether the address or the password was wrong', async () => {
  const ada = await platform.newUser();
  const wrong = await platform.anonymous().post('/v1/auth/login', { email: ada.account.email, password: 'wrong horse' }, 401);
  const unknown = await platform.anonymous().post('/v1/auth/login', { email: 'no@where.io', password: 'wrong horse' }, 401);
  const elsewhere = await platform.newUser();
  platform.sql(`UPDATE users SET password_hash = NULL WHERE email = '${elsewhere.account.email}'`);
  const other = await platform.anonymous().post('/v1/auth/login', { email: elsewhere.account.email, password: 'correct horse' }, 401);
  expect({ ...other.body.error, request_id: '' }).toEqual({ ...unknown.body.error, request_id: '' });
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

test('US-3: a removed member and a disabled user are out at once, with the token they have', async () => {
  const ada = await platform.newUser();
  await ada.get('/v1/sandboxes', 200);
  platform.sql(`DELETE FROM users_teams WHERE user_id = '${ada.account.user_id.slice(4)}'`);
  await ada.refused('GET', '/v1/sandboxes', undefined, 403, 'forbidden');
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${ada.account.user_id.slice(4)}'`);
  await ada.refused('GET', '/v1/me', undefined, 403, 'account_deactivated');
  const { email, password } = ada.account;
  await platform.anonymous().refused('POST', '/v1/auth/login', { email, password }, 403, 'account_disabled');
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

const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

const signUp = (name: string, email: string, password = 'correct horse') =>
  platform.anonymous().post('/v1/auth/signup', { email, password, name });

test('US-3, US-6: a token says who, which team and which session, for six hours', async () => {
  const ada = await platform.newUser('Ada');
  const claims = payloadOf(ada.account.token);
  expect(claims).toMatchObject({ sub: ada.account.user_id, team_id: ada.account.team_id, role: 'owner', email: ada.account.email, name: 'Ada' });
  expect(claims).toMatchObject({ iss: 'sandbar', aud: 'users' });
  expect(claims.jti).toMatch(/^[0-9a-f]{24}$/);
  expect(claims.sid).toMatch(/^ses-/);
  expect(claims.exp - claims.iat).toBe(21600);
  expect(claims.is_admin).toBeUndefined();
  const { email, password } = platform.admin;
  const admin = (await platform.anonymous().post('/v1/auth/login', { email, password }, 200)).body;
  expect(payloadOf(admin.token).is_admin).toBe(true);
});

test('US-3: a token that was changed, or says it needs no signature, lets nobody in', async () => {
  const ada = await platform.newUser();
  const [header, payload, signature] = ada.account.token.split('.');
  const forged = Buffer.from(JSON.stringify({ ...payloadOf(ada.account.token), is_admin: true })).toString('base64url');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  for (const token of [`${header}.${forged}.${signature}`, `${none}.${payload}.`, `${none}.${payload}.${signature}`, `${header}.${payload}`])
    await ada.with({ Authorization: `Bearer ${token}` }).refused('GET', '/v1/me', undefined, 401, 'unauthorized');
});

test('C15: lengths are counted in characters, and long passwords work', async () => {
  expect((await signUp('🙂'.repeat(100), 'emoji@x.io')).status).toBe(201);
  expect((await signUp('A', 'short@x.io', '🙂'.repeat(7))).status).toBe(400);
  const password = 'ü'.repeat(1024);
  expect((await signUp('A', 'long@x.io', password)).status).toBe(201);
  await platform.anonymous().post('/v1/auth/login', { email: 'long@x.io', password }, 200);
  await platform.anonymous().refused('POST', '/v1/auth/login', { email: 'long@x.io', password: `${password}x` }, 401, 'unauthorized');
});

test('US-1: names are kept in one form', async () => {
  expect((await signUp('\u00a0Zoe\u0308 ', 'zoe@x.io')).body.name).toBe('Zo\u00eb');
});

test.each(['Zoë', '<script>', '🙂', "'''", 'a/b;c', '漢字'.repeat(50)])('C15: the team of %j can be renamed to the name that it has', async (name) => {
  const { body } = await signUp(name, `${Buffer.from(name).toString('hex').slice(0, 20)}@team.io`);
  const user = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  const team = (await user.get('/v1/teams', 200)).body.items[0];
  expect([200, 204]).toContain((await user.patch(`/v1/teams/${team.id}`, { name: team.name })).status);
});

test('ID-7, US-6: a new name is in the next answer, for the same team', async () => {
  const ada = await platform.newUser('Ada');
  const other = (await ada.post('/v1/teams', { name: 'other' }, 201)).body;
  const there = (await ada.post('/v1/auth/switch-team', { team_id: other.id }, 200)).body;
  const inOther = ada.with({ Authorization: `Bearer ${there.token}` });
  const renamed = (await inOther.patch('/v1/me', { name: ' Ada Lovelace ' }, 200)).body;
  expect(renamed).toMatchObject({ name: 'Ada Lovelace', team_id: other.id, email: ada.account.email });
  expect(payloadOf(renamed.token)).toMatchObject({ name: 'Ada Lovelace', team_id: other.id, role: 'owner' });
  expect((await ada.post('/v1/auth/switch-team', { team_id: ada.account.team_id }, 200)).body.name).toBe('Ada Lovelace');
  await ada.refused('PATCH', '/v1/me', { name: ' ' }, 400, 'invalid_request');
});

test('US-5: switching needs a membership in a live team', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  await ada.refused('POST', '/v1/auth/switch-team', { team_id: eve.account.team_id }, 403, 'forbidden');
  await ada.refused('POST', '/v1/auth/switch-team', { team_id: 'team-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11' }, 404, 'not_found');
  for (const team_id of ['', 'team-1', ada.account.user_id, undefined])
    await ada.refused('POST', '/v1/auth/switch-team', { team_id }, 400, 'invalid_request');
  const gone = (await ada.post('/v1/teams', { name: 'gone' }, 201)).body;
  platform.sql(`UPDATE teams SET deleted_at = now() WHERE id = '${gone.id.slice(5)}'`);
  await ada.refused('POST', '/v1/auth/switch-team', { team_id: gone.id }, 404, 'not_found');
});

test('US-2, US-7: who is in no team signs in without one, and can make nothing', async () => {
  const ada = await platform.newUser();
  platform.sql(`UPDATE teams SET deleted_at = now() WHERE id = '${ada.account.team_id.slice(5)}'`);
  const { email, password } = ada.account;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  expect(body.team_id).toBeUndefined();
  const teamless = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  await teamless.refused('POST', '/v1/sandboxes', {}, 403, 'no_team');
  expect((await teamless.get('/v1/me', 200)).body.team).toBeUndefined();
});
