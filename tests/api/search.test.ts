// SPDX-License-Identifier: Apache-2.0
// Finding users by the beginning of their address.
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { newKey } from './team';

const platform = usePlatform({ hosts: 0 });
let searcher: Client;

/** Accounts by address alone: as many as wanted, without signing up. */
function insertUsers(emails: string[], status = 'active'): void {
  const quoted = emails.map((email) => `(gen_random_uuid(), '${email.replaceAll("'", "''")}', '${status}')`);
  platform.sql(`INSERT INTO users (id, email, status) VALUES ${quoted.join(', ')}`);
}

const search = async (prefix: string, by = searcher): Promise<string[]> =>
  (await by.get(`/v1/users/search?email=${encodeURIComponent(prefix)}`, 200)).body.items.map((one: Json) => one.email);

beforeAll(async () => {
  searcher = await platform.newUser('Searcher');
  insertUsers(['bob@x.io', 'bob@xy.io', 'abc@x.io', 'a_b@x.io', 'a%b@x.io', 'a\\b@x.io', 'zoë@x.io', "o'neil@x.io"]);
  insertUsers(Array.from({ length: 14 }, (_, index) => `many@host${String(index).padStart(2, '0')}.io`).reverse());
  insertUsers(['bob@x.off'], 'disabled');
});

test('SR-1: users of the whole site are found by prefix, and nothing but id and address is told', async () => {
  expect(await search('bob@')).toEqual(['bob@x.io', 'bob@xy.io']);
  expect(await search('bob@xy')).toEqual(['bob@xy.io']);
  expect(await search('ob@x')).toEqual([]);
  const { body } = await searcher.get('/v1/users/search?email=bob@x.i', 200);
  expect(Object.keys(body.items[0]).sort()).toEqual(['email', 'user_id']);
  expect(body.next_cursor).toBeUndefined();
});

test('SR-1: every character stands for itself', async () => {
  expect(await search('a%@')).toEqual([]);
  expect(await search('_ob@x')).toEqual([]);
  expect(await search('a\\@')).toEqual([]);
  expect(await search('bob@\\')).toEqual([]);
  expect(await search('bob@%')).toEqual([]);
  expect(await search('a_b@')).toEqual(['a_b@x.io']);
  expect(await search('a%b@')).toEqual(['a%b@x.io']);
  expect(await search('a\\b@')).toEqual(['a\\b@x.io']);
  expect(await search("o'neil@")).toEqual(["o'neil@x.io"]);
  expect(await search('zoë@')).toEqual(['zoë@x.io']);
});

test('SR-1: case and surrounding space do not matter', async () => {
  expect(await search('  BOB@X.I ')).toEqual(['bob@x.io']);
});

test('SR-1: at most ten, by address', async () => {
  expect(await search('many@')).toEqual(Array.from({ length: 10 }, (_, index) => `many@host${String(index).padStart(2, '0')}.io`));
});

test.each(['', '  ', 'a@', ' a@ ', 'bob', 'bob%40'.repeat(100), 'a'.repeat(400) + '@'])('SR-1: %j is refused', async (prefix) => {
  await searcher.refused('GET', `/v1/users/search?email=${encodeURIComponent(prefix.replaceAll('%40', ''))}`, undefined, 400, 'invalid_request');
});

test('SR-1: without an address nothing is searched', async () => {
  await searcher.refused('GET', '/v1/users/search', undefined, 400, 'invalid_request');
});

test('SR-1, W16: disabled accounts are not found', async () => {
  expect(await search('bob@x.off')).toEqual([]);
});

test('SR-1: whoever is signed in may search, even without a team; keys and strangers may not', async () => {
  const lone = await platform.newUser('Lone');
  await lone.delete(`/v1/teams/${lone.account.team_id}`, 204);
  expect(await search('bob@xy', lone)).toEqual(['bob@xy.io']);
  await (await newKey(searcher)).client.refused('GET', '/v1/users/search?email=bob@', undefined, 401, 'unauthorized');
  await platform.anonymous().refused('GET', '/v1/users/search?email=bob@', undefined, 401, 'unauthorized');
});

test('SR-1, W8: searching again and again is limited for each user', async () => {
  const [greedy, other] = [await platform.newUser('Greedy'), await platform.newUser('Other')];
  const answers = await Promise.all(Array.from({ length: 200 }, () => greedy.get('/v1/users/search?email=bob@')));
  const limited = answers.filter((answer) => answer.status === 429);
  expect(limited.length).toBeGreaterThan(0);
  expect(limited[0].body.error.code).toBe('rate_limited');
  expect(Number(limited[0].headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await search('bob@xy', other)).toEqual(['bob@xy.io']);
});
