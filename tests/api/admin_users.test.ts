// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });
let admin: Client;

async function signedIn(email: string, password: string): Promise<Client> {
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  return platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
}

beforeAll(async () => {
  admin = await signedIn(platform.admin.email, platform.admin.password);
});

test('AD-1: whether somebody is an admin is read for every request, whatever the token says', async () => {
  const ada = await platform.newUser();
  const key = platform.anonymous().with({ 'X-API-Key': platform.admin.api_key });
  await platform.anonymous().refused('GET', '/v1/admin/users', undefined, 401, 'unauthorized');
  await key.refused('GET', '/v1/admin/users', undefined, 401, 'unauthorized');
  await ada.refused('GET', '/v1/admin/users', undefined, 403, 'forbidden');
  await admin.putJson(`/v1/admin/users/${ada.account.user_id}/admin`, { admin: true }, 204);
  await ada.get('/v1/admin/users', 200);
  const { body } = await platform.anonymous().post('/v1/auth/login', { email: ada.account.email, password: 'correct horse' }, 200);
  const stale = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  await stale.get('/v1/admin/users', 200);
  await admin.putJson(`/v1/admin/users/${ada.account.user_id}/admin`, { admin: false }, 204);
  await stale.refused('GET', '/v1/admin/users', undefined, 403, 'forbidden');
});

test('AD-1: the last admin stays, also when two remove each other at once', async () => {
  const ada = await platform.newUser();
  const me = (await admin.get('/v1/me', 200)).body.user_id;
  await admin.refused('PUT', `/v1/admin/users/${me}/admin`, { admin: false }, 400, 'last_admin');
  await admin.putJson(`/v1/admin/users/${ada.account.user_id}/admin`, { admin: true }, 204);
  const answers = await Promise.all([
    admin.putJson(`/v1/admin/users/${ada.account.user_id}/admin`, { admin: false }),
    ada.putJson(`/v1/admin/users/${me}/admin`, { admin: false }),
  ]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([204, 403]);
  expect(platform.sql("SELECT count(*) FROM users WHERE is_admin AND status = 'active'")).toBe('1');
  platform.sql(`UPDATE users SET is_admin = (id = '${me.slice(4)}') WHERE id IN ('${me.slice(4)}', '${ada.account.user_id.slice(4)}')`);
});

test('AD-1: a disabled user is out at once, a token from before stays out afterwards, and nobody disables themselves', async () => {
  const ada = await platform.newUser();
  const path = `/v1/admin/users/${ada.account.user_id}/active`;
  await admin.putJson(path, { active: false }, 204);
  await admin.putJson(path, { active: false }, 204);
  await ada.refused('GET', '/v1/me', undefined, 403, 'account_deactivated');
  const { email, password } = ada.account;
  await platform.anonymous().refused('POST', '/v1/auth/login', { email, password }, 403, 'account_disabled');
  await admin.putJson(path, { active: true }, 204);
  await ada.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await signedIn(email, password);
  const me = (await admin.get('/v1/me', 200)).body.user_id;
  await admin.refused('PUT', `/v1/admin/users/${me}/active`, { active: false }, 400, 'invalid_request');
});

test('AD-1: what is wrong in a request of an admin is said', async () => {
  const unknown = 'usr-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
  await admin.refused('PUT', `/v1/admin/users/${unknown}/admin`, { admin: true }, 404, 'not_found');
  await admin.refused('PUT', `/v1/admin/users/${unknown}/active`, { active: true }, 404, 'not_found');
  await admin.refused('PUT', '/v1/admin/users/team-1/admin', { admin: true }, 400, 'invalid_request');
  for (const body of [{}, { admin: 'yes' }, { active: true }])
    await admin.refused('PUT', `/v1/admin/users/${unknown}/admin`, body, 400, 'invalid_request');
  await admin.refused('GET', '/v1/admin/users?limit=0', undefined, 400, 'invalid_request');
  await admin.refused('GET', '/v1/admin/users?cursor=x', undefined, 400, 'invalid_request');
});

test('admins find users by a part of their address or name, page by page', async () => {
  for (const name of ['Findme One', 'Findme Two', 'Findme Three']) await platform.newUser(name);
  const found: Json[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await admin.get(`/v1/admin/users?search=FINDME&limit=2${cursor ? `&cursor=${cursor}` : ''}`, 200);
    found.push(...body.items);
    cursor = body.next_cursor;
  } while (cursor);
  expect(found.map((user) => user.name)).toEqual(['Findme Three', 'Findme Two', 'Findme One']);
  expect(found[0]).toMatchObject({ is_admin: false, status: 'active', teams: 1 });
  expect((await admin.get('/v1/admin/users?search=%25_', 200)).body.items).toEqual([]);
});

test('AD-1: what admins do to users is in the platform’s log', async () => {
  const ada = await platform.newUser();
  await admin.putJson(`/v1/admin/users/${ada.account.user_id}/admin`, { admin: true }, 204);
  await admin.putJson(`/v1/admin/users/${ada.account.user_id}/active`, { active: false }, 204);
  const actions = platform.sql(
    `SELECT string_agg(action, ' ' ORDER BY created_at) FROM audit_logs
     WHERE resource_id = '${ada.account.user_id}' AND team_id = '00000000-0000-0000-0000-000000000000'`);
  expect(actions).toBe('signup login grant_admin deactivate');
});

test('W14: nobody becomes an admin by being first or alone', async () => {
  const lone = await platform.newUser();
  await lone.refused('GET', '/v1/admin/users', undefined, 403, 'forbidden');
  expect((await lone.get('/v1/me', 200)).body.is_admin).toBe(false);
});
