// SPDX-License-Identifier: Apache-2.0
// Sign-ins that can be seen and ended, the cookie that renews them, and what people do with their account.
import { expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_LOGIN_TRIES: '4', SANDBAR_MAILS_PER_MINUTE: '2', SANDBAR_OAUTH_PER_MINUTE: '2' } });

async function signInAgain(user: Client): Promise<{ client: Client; cookie: string; setCookie: string }> {
  const { email, password } = user.account;
  const answer = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  const setCookie = answer.headers.get('set-cookie')!;
  return { client: user.with({ Authorization: `Bearer ${answer.body.token}` }), cookie: setCookie.split(';')[0], setCookie };
}

async function renew(cookie: string): Promise<{ status: number; body: Json; cookie: string }> {
  const answer = await platform.anonymous().with({ Cookie: cookie }).post('/v1/auth/refresh');
  return { status: answer.status, body: answer.body, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

const bearer = (token: string) => platform.anonymous().with({ Authorization: `Bearer ${token}` });

test('W10: sessions are listed, and one that is ended lets nobody in any more', async () => {
  const ada = await platform.newUser();
  const { client: phone } = await signInAgain(ada);
  const sessions = (await ada.get('/v1/me/sessions', 200)).body.items;
  expect(sessions).toHaveLength(2);
  expect(sessions.filter((session: Json) => session.is_current)).toHaveLength(1);
  expect(sessions[0]).toMatchObject({ ip: '127.0.0.1', user_agent: 'node' });
  const other = sessions.find((session: Json) => !session.is_current);
  await ada.delete(`/v1/me/sessions/${other.id}`, 204);
  await phone.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await ada.get('/v1/me', 200);
  await ada.refused('DELETE', `/v1/me/sessions/${other.id}`, undefined, 404, 'not_found');
});

test('W10: nobody ends or sees the sessions of others', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  const [session] = (await ada.get('/v1/me/sessions', 200)).body.items;
  await eve.refused('DELETE', `/v1/me/sessions/${session.id}`, undefined, 404, 'not_found');
  expect((await eve.get('/v1/me/sessions', 200)).body.items).toHaveLength(1);
  await ada.get('/v1/me', 200);
});

test('W10: all other sessions end together', async () => {
  const ada = await platform.newUser();
  const others = [await signInAgain(ada), await signInAgain(ada)];
  await ada.delete('/v1/me/sessions', 204);
  for (const { client, cookie } of others) {
    await client.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
    expect((await renew(cookie)).status).toBe(401);
  }
  await ada.get('/v1/me', 200);
});

test('US-6: of many who ask at the same moment, each hears who they are, and those who are out hear nothing', async () => {
  const people = await Promise.all(Array.from({ length: 8 }, (_, at) => platform.newUser(`Person ${at}`)));
  const [teamless, signedOut, disabled] = people;
  platform.sql(`DELETE FROM users_teams WHERE user_id = '${teamless.account.user_id.slice(4)}'`);
  await signedOut.post('/v1/auth/logout', undefined, 204);
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${disabled.account.user_id.slice(4)}'`);
  const asked = await Promise.all(
    Array.from({ length: 40 }, () => people).flat().map(async (person) => ({ person, answer: await person.get('/v1/me') })),
  );
  for (const { person, answer } of asked) {
    if (person === signedOut) expect(answer.body.error.code).toBe('unauthorized');
    else if (person === disabled) expect(answer.body.error.code).toBe('account_deactivated');
    else expect(answer.body.user_id).toBe(person.account.user_id);
    if (answer.status === 200) expect(answer.body.team?.id).toBe(person === teamless ? undefined : person.account.team_id);
  }
});

test('nobody on the way may keep an answer: of tokens, keys and files, refused ones included', async () => {
  const ada = await platform.newUser();
  const { email, password } = ada.account;
  const answers = [
    await platform.anonymous().post('/v1/auth/login', { email, password }, 200),
    await ada.post('/v1/api-keys', { name: 'robot' }, 201),
    await ada.get('/v1/me', 200),
    await ada.get('/v1/audit-logs/export?format=csv', 200),
    await platform.anonymous().get('/v1/me', 401),
    await ada.get('/v1/no-such-thing', 404),
  ];
  for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
});

test('W10: signing out ends the session at once, by token or by cookie, and can be repeated', async () => {
  const ada = await platform.newUser();
  const { client, cookie } = await signInAgain(ada);
  const out = await platform.anonymous().with({ Cookie: cookie }).post('/v1/auth/logout', undefined, 204);
  expect(out.headers.get('set-cookie')).toMatch(/^sandbar_refresh=; Max-Age=0; Path=\/v1\/auth; HttpOnly; SameSite=Strict/);
  await client.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await ada.post('/v1/auth/logout', undefined, 204);
  await ada.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await ada.post('/v1/auth/logout', undefined, 204);
  await platform.anonymous().post('/v1/auth/logout', undefined, 204);
});

test('W10: the cookie is kept from pages and other sites, and gives tokens for the same session', async () => {
  const ada = await platform.newUser();
  const { cookie, setCookie } = await signInAgain(ada);
  expect(setCookie).toMatch(/^sandbar_refresh=[0-9a-f]{64}; Max-Age=2592000; Path=\/v1\/auth; HttpOnly; SameSite=Strict$/);
  const first = await renew(cookie);
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({ user_id: ada.account.user_id, team_id: ada.account.team_id, email: ada.account.email, name: 'Ada' });
  await bearer(first.body.token).get('/v1/me', 200);
  expect((await ada.get('/v1/me/sessions', 200)).body.items).toHaveLength(2);
  expect(platform.sql(`SELECT count(*) FROM user_refresh_tokens WHERE token_hash LIKE '${cookie.split('=')[1].slice(0, 20)}%'`)).toBe('0');
});

test('W10: a cookie that was replaced and comes back ends the session', async () => {
  const ada = await platform.newUser();
  const { client, cookie } = await signInAgain(ada);
  const second = await renew(cookie);
  const third = await renew(second.cookie);
  expect(third.status).toBe(200);
  expect((await renew(cookie)).status).toBe(401);
  expect((await renew(third.cookie)).status).toBe(401);
  await client.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await ada.get('/v1/me', 200);
  const audit = platform.sql(`SELECT count(*) FROM audit_logs WHERE action = 'refresh_reused' AND resource_id = '${ada.account.user_id}'`);
  expect(audit).toBe('1');
});

test('W10: an answer that is lost, and several tabs at once, lock nobody out', async () => {
  const ada = await platform.newUser();
  const { cookie } = await signInAgain(ada);
  await renew(cookie);
  const tabs = await Promise.all([renew(cookie), renew(cookie), renew(cookie)]);
  expect(tabs.map((tab) => tab.status)).toEqual([200, 200, 200]);
  expect((await renew(tabs[1].cookie)).status).toBe(200);
});

test('C17: a renewed session is in the team that was switched to, and elsewhere once that is gone', async () => {
  const ada = await platform.newUser();
  const { client, cookie } = await signInAgain(ada);
  const other = (await client.post('/v1/teams', { name: 'other' }, 201)).body;
  await client.post('/v1/auth/switch-team', { team_id: other.id }, 200);
  const renewed = await renew(cookie);
  expect(renewed.body.team_id).toBe(other.id);
  platform.sql(`UPDATE teams SET deleted_at = now() WHERE id = '${other.id.slice(5)}'`);
  expect((await renew(renewed.cookie)).body.team_id).toBe(ada.account.team_id);
});

test('W10: no cookie, a strange cookie and a disabled user renew nothing', async () => {
  const ada = await platform.newUser();
  const { cookie } = await signInAgain(ada);
  await platform.anonymous().refused('POST', '/v1/auth/refresh', undefined, 401, 'unauthorized');
  expect((await renew(`sandbar_refresh=${'0'.repeat(64)}`)).status).toBe(401);
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${ada.account.user_id.slice(4)}'`);
  const refused = await renew(cookie);
  expect([refused.status, refused.body.error.code]).toEqual([403, 'account_deactivated']);
});

test('W10: a new password ends every other session', async () => {
  const ada = await platform.newUser();
  const { client: phone, cookie } = await signInAgain(ada);
  await ada.refused('POST', '/v1/me/password', { new_password: 'battery staple' }, 401, 'wrong_password');
  await ada.refused('POST', '/v1/me/password', { current_password: 'wrong', new_password: 'battery staple' }, 401, 'wrong_password');
  await ada.refused('POST', '/v1/me/password', { current_password: 'correct horse', new_password: 'short' }, 400, 'invalid_request');
  await ada.post('/v1/me/password', { current_password: 'correct horse', new_password: 'battery staple' }, 204);
  await phone.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  expect((await renew(cookie)).status).toBe(401);
  await ada.get('/v1/me', 200);
  const { email } = ada.account;
  await platform.anonymous().refused('POST', '/v1/auth/login', { email, password: 'correct horse' }, 401, 'unauthorized');
  await platform.anonymous().post('/v1/auth/login', { email, password: 'battery staple' }, 200);
});

test('W8: after some wrong passwords nobody tries for a while, not even with the right one', async () => {
  const ada = await platform.newUser();
  const { email, password } = ada.account;
  for (let i = 0; i < 4; ++i) await platform.anonymous().refused('POST', '/v1/auth/login', { email, password: 'wrong horse' }, 401, 'unauthorized');
  const refused = await platform.anonymous().refused('POST', '/v1/auth/login', { email, password }, 429, 'rate_limited');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200);
  const log = platform.sql(`SELECT count(*) FROM audit_logs WHERE action = 'login_failed' AND resource_id = '${ada.account.user_id}'`);
  expect(log).toBe('4');
  platform.sql("UPDATE login_failures SET locked_until = now(), last_at = now()");
  await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
});

test('W8: guessing the current password ends in a pause too', async () => {
  const ada = await platform.newUser();
  for (let i = 0; i < 4; ++i)
    await ada.refused('POST', '/v1/me/password', { current_password: 'wrong', new_password: 'battery staple' }, 401, 'wrong_password');
  await ada.refused('POST', '/v1/me/password', { current_password: 'correct horse', new_password: 'battery staple' }, 429, 'rate_limited');
});

test.each([
  ['POST', '/v1/me/password/reset', { email: 'nobody@example.org' }],
  ['POST', '/v1/me/password/reset/confirm', { token: 'x', password: 'correct horse' }],
  ['POST', '/v1/auth/activate', { token: 'x' }],
  ['GET', '/v1/auth/oauth/github', undefined],
  ['POST', '/v1/auth/oauth/exchange', { code: 'x' }],
])('W8: %s %s is slowed down for an address that asks too often', async (method, path, body) => {
  const ask = () => platform.anonymous().request(method, path, body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {});
  const answers = [await ask(), await ask(), await ask(), await ask()];
  const last = answers.at(-1)!;
  expect([answers[0].status === 429, last.status, last.body.error.code]).toEqual([false, 429, 'rate_limited']);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('the profile says how somebody signs in', async () => {
  const ada = await platform.newUser();
  expect((await ada.get('/v1/me', 200)).body).toMatchObject({
    user_id: ada.account.user_id, email: ada.account.email, name: 'Ada', is_admin: false, has_password: true, providers: [], team: { role: 'owner' } });
  await ada.refused('DELETE', '/v1/me/providers/github', undefined, 404, 'provider_not_found');
});

test('an account is deleted with its sessions and the teams that nobody else is in', async () => {
  const ada = await platform.newUser();
  const { email, password, user_id, team_id } = ada.account;
  const key = (await ada.post('/v1/api-keys', {}, 201)).body.key;
  await ada.refused('DELETE', '/v1/me', { confirmation: 'somebody@else.io' }, 400, 'invalid_request');
  await ada.request('DELETE', '/v1/me', { body: JSON.stringify({ confirmation: email }), headers: { 'Content-Type': 'application/json' } }, 204);
  await ada.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await platform.anonymous().refused('POST', '/v1/auth/login', { email, password }, 401, 'unauthorized');
  await platform.anonymous().with({ 'X-API-Key': key }).refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
  expect(platform.sql(`SELECT deleted_at IS NOT NULL FROM teams WHERE id = '${team_id.slice(5)}'`)).toBe('t');
  expect(platform.sql(`SELECT status || ' ' || name || ' ' || (email LIKE '%${email}%')::text FROM users WHERE id = '${user_id.slice(4)}'`)).toBe('deleted  false');
  await platform.anonymous().post('/v1/auth/signup', { email, password, name: 'Again' }, 201);
});

test('C17: owning a live team with others keeps an account; a deleted team does not', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  platform.sql(`INSERT INTO users_teams (team_id, user_id) VALUES ('${ada.account.team_id.slice(5)}', '${eve.account.user_id.slice(4)}')`);
  const remove = (user: Client) => user.refused('DELETE', '/v1/me', { confirmation: user.account.email }, 409, 'owns_team_with_members');
  await remove(ada);
  await ada.get('/v1/me', 200);
  platform.sql(`UPDATE teams SET deleted_at = now() WHERE id = '${ada.account.team_id.slice(5)}'`);
  const request = { body: JSON.stringify({ confirmation: ada.account.email }), headers: { 'Content-Type': 'application/json' } };
  await ada.request('DELETE', '/v1/me', request, 204);
  expect((await eve.get('/v1/teams', 200)).body.items).toHaveLength(1);
});

test('US-3: a new key signs tokens while those of the old one are still believed', async () => {
  const ada = await platform.newUser();
  const [old, fresh] = ['o'.repeat(32), 'f'.repeat(32)];
  const replicas = await Promise.all([old, `${fresh},${old}`, fresh].map((secrets) => platform.startReplica({ SANDBAR_TOKEN_SECRETS: secrets })));
  const [before, during, after] = replicas.map((replica) => platform.anonymous().at(replica.log.match(/listening on (http:\/\/\S+)/)![1]));
  const { email, password } = ada.account;
  const signIn = async (where: Client) => `Bearer ${(await where.post('/v1/auth/login', { email, password }, 200)).body.token}`;
  const statuses = async (token: string) =>
    Promise.all([before, during, after].map(async (where) => (await where.with({ Authorization: token }).get('/v1/me')).status));
  expect(await statuses(await signIn(before))).toEqual([200, 200, 401]);
  expect(await statuses(await signIn(during))).toEqual([401, 200, 200]);
  await Promise.all(replicas.map((replica) => replica.stop()));
});
