// SPDX-License-Identifier: Apache-2.0
// What platform admins see of the sandboxes of all teams.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { uuidOf } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
let admin: Client;
let [ada, bob]: Client[] = [];
let host: string;

function insert(user: Client, values: { status?: string; template?: string; host?: string; age?: number } = {}): string {
  const { status = 'paused', template = 'base', age = 0 } = values;
  const id = randomUUID();
  platform.sql(`INSERT INTO sandboxes (id, team_id, host_id, template, status, vcpus, memory_mb, disk_mb, created_at)
    VALUES ('${id}', '${uuidOf(user.account.team_id)}', ${values.host ? `'${uuidOf(values.host)}'` : 'NULL'}, '${template}', '${status}', 1, 512, 1024, now() - interval '${age} seconds')`);
  return `sb-${id}`;
}

beforeAll(async () => {
  admin = await platform.signInAdmin();
  [ada, bob] = [await platform.newUser('Ada'), await platform.newUser('Bob')];
  host = platform.admin.host_id;
  platform.sql(`UPDATE hosts SET address = '10.0.0.5:7443' WHERE id = '${uuidOf(host)}'; UPDATE teams SET name = 'O''Neil-Lab @ Home' WHERE id = '${uuidOf(bob.account.team_id)}'`);
});

const list = async (query: Record<string, string> = {}): Promise<Json[]> => (await admin.get(`/v1/admin/sandboxes?${new URLSearchParams(query)}`, 200)).body.items;
const ids = async (query: Record<string, string>): Promise<string[]> => (await list(query)).map((one) => one.id);

test('an item says whose it is and where', async () => {
  const id = insert(bob, { host });
  const [item] = await list({ q: id });
  expect(item).toMatchObject({ id, team_id: bob.account.team_id, team_name: "O'Neil-Lab @ Home", host_id: host, host_name: '10.0.0.5:7443', status: 'paused', template: 'base' });
  const own = (await bob.get('/v1/sandboxes', 200)).body.items.find((one: Json) => one.id === id);
  expect(item).toMatchObject(own);
  const away = insert(ada);
  expect((await list({ q: away }))[0].host_name).toBeUndefined();
});

test('only live ones are listed unless others are asked for', async () => {
  const [live, stopped] = [insert(ada, { template: 'lively' }), insert(ada, { template: 'lively', status: 'stopped' })];
  expect(await ids({ q: 'lively' })).toEqual([live]);
  expect(await ids({ q: 'lively', status: 'stopped' })).toEqual([stopped]);
  expect((await ids({ q: 'lively', status: 'stopped,paused' })).sort()).toEqual([live, stopped].sort());
});

test('team, host and text narrow the list', async () => {
  const [hers, his] = [insert(ada, { template: 'narrow', host }), insert(bob, { template: 'narrow' })];
  expect(await ids({ q: 'NARROW', team: ada.account.team_id })).toEqual([hers]);
  expect(await ids({ q: 'narrow', host })).toEqual([hers]);
  expect(await ids({ q: "o'neil" })).toContain(his);
  expect(await ids({ q: "o'neil" })).not.toContain(hers);
  expect(await ids({ q: '%' })).toEqual([]);
  const slug = platform.sql(`SELECT slug FROM teams WHERE id = '${uuidOf(bob.account.team_id)}'`);
  expect(await ids({ q: slug })).toContain(his);
});

test('pages give every sandbox once, newest first', async () => {
  const made = Array.from({ length: 7 }, (_, index) => insert(index % 2 ? ada : bob, { template: 'paged', age: 7 - index, status: index % 3 ? 'running' : 'paused' })).reverse();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query: Record<string, string> = { q: 'paged', limit: '3', ...(cursor ? { cursor } : {}) };
    const { body } = await admin.get(`/v1/admin/sandboxes?${new URLSearchParams(query)}`, 200);
    expect(body.items.length).toBeLessThanOrEqual(3);
    seen.push(...body.items.map((one: Json) => one.id));
    cursor = body.next_cursor;
  } while (cursor);
  expect(seen).toEqual(made);
});

test('what makes no sense is refused, and so is everybody else', async () => {
  for (const query of ['limit=0', 'status=gone', 'team=x', 'host=sb-1', 'cursor=x', `q=${'x'.repeat(201)}`, 'q=%00'])
    await admin.refused('GET', `/v1/admin/sandboxes?${query}`, undefined, 400, 'invalid_request');
  await ada.refused('GET', '/v1/admin/sandboxes', undefined, 403, 'forbidden');
  await platform.asAdmin().refused('GET', '/v1/admin/sandboxes', undefined, 401, 'unauthorized');
});
