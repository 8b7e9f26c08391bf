// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Client, Json } from './client';
import { becomes, useFleet } from './fleet';

const fleet = useFleet(3);
const uuid = (id: string) => id.slice(id.indexOf('-') + 1);

async function spread(client: Client, count: number, request: Json = {}): Promise<string[]> {
  const hosts = [];
  for (let i = 0; i < count; ++i) hosts.push((await client.sandbox(request)).host_id);
  return hosts;
}

test('SC-1: six sandboxes go to three hosts in rotation', async () => {
  const hosts = await spread(await fleet.platform.newUser(), 6);
  expect(new Set(hosts.slice(0, 3)).size).toBe(3);
  expect(hosts.slice(3)).toEqual(hosts.slice(0, 3));
});

test('SC-1: a host with the wanted tags and architecture is taken, and nothing when there is none', async () => {
  const ada = await fleet.platform.newUser();
  const [, tagged] = fleet.hosts;
  fleet.platform.sql(`INSERT INTO host_tags (host_id, tag) VALUES ('${uuid(tagged.id)}', 'gpu'), ('${uuid(tagged.id)}', 'fast')`);
  expect(await spread(ada, 3, { host_tags: ['gpu', 'fast'] })).toEqual([tagged.id, tagged.id, tagged.id]);
  await ada.refused('POST', '/v1/sandboxes', { host_tags: ['gpu', 'slow'] }, 503, 'no_hosts_available');
  await ada.refused('POST', '/v1/sandboxes', { arch: 'sparc' }, 503, 'no_hosts_available');
  await ada.refused('POST', '/v1/sandboxes', { host_tags: [''] }, 400, 'invalid_request');
  await ada.refused('POST', '/v1/sandboxes', { host_tags: Array(17).fill('a') }, 400, 'invalid_request');
});

test('SC-1, C19: a host that refuses is passed over for the next one, and keeps nothing', async () => {
  const ada = await fleet.platform.newUser();
  for (const host of fleet.hosts.slice(1)) await host.fail({ method: 'CreateSandbox', fault: 'refuse' });
  const hosts = await spread(ada, 3);
  expect(hosts).toEqual(Array(3).fill(fleet.hosts[0].id));
  for (const host of fleet.hosts.slice(1)) await host.heal();
});

test('SC-1, C19: a host that loses its answer is passed over, and what it has made is removed', async () => {
  const ada = await fleet.platform.newUser();
  for (const host of fleet.hosts.slice(0, 2)) await host.fail({ method: 'CreateSandbox', fault: 'lose' });
  const { id, host_id } = await ada.sandbox();
  expect(host_id).toBe(fleet.hosts[2].id);
  for (const host of fleet.hosts) {
    await host.heal();
    await waitFor('only one host has it', async () => (await host.holds(id)) === (host.id === host_id ? 'running' : undefined));
  }
});

test('SC-1: capacity is promised with the row, so parallel creates never exceed it', async () => {
  const ada = await fleet.platform.newUser();
  const tag = `small-${Date.now()}`;
  const [small] = fleet.hosts;
  fleet.platform.sql(`INSERT INTO host_tags (host_id, tag) VALUES ('${uuid(small.id)}', '${tag}')`);
  const used = Number(fleet.platform.sql(`SELECT memory_mb FROM host_load WHERE host_id = '${uuid(small.id)}'`));
  const agentSays = fleet.platform.sql(`SELECT memory_mb FROM hosts WHERE id = '${uuid(small.id)}'`);
  const request = { host_tags: [tag], memory_mb: Math.floor((Number(agentSays) * 4 - used) / 3.5) };
  if (request.memory_mb > 32_768) request.memory_mb = 32_768;
  const room = Math.floor((Number(agentSays) * 4 - used) / request.memory_mb);
  const answers = await Promise.all(Array.from({ length: room + 3 }, () => ada.post('/v1/sandboxes', request)));
  expect(answers.filter((answer) => answer.status === 201).length).toBe(room);
  expect(answers.filter((answer) => answer.status === 503).length).toBe(3);
  const made = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.id);
  await Promise.all(made.map((id) => ada.delete(`/v1/sandboxes/${id}`, 204)));
  for (const id of made) await becomes(ada, id, 'stopped');
  expect(Number(fleet.platform.sql(`SELECT memory_mb FROM host_load WHERE host_id = '${uuid(small.id)}'`))).toBe(used);
});

test('SC-1: a team with its own hosts is placed there only, and nobody else is', async () => {
  const [own] = fleet.hosts;
  const [byoc, other] = [await fleet.platform.newUser('Bea'), await fleet.platform.newUser('Cy')];
  const team = uuid(byoc.account.team_id);
  fleet.platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${team}'`);
  await byoc.refused('POST', '/v1/sandboxes', {}, 503, 'no_hosts_available');
  expect(fleet.platform.sql(`SELECT count(*) FROM sandboxes WHERE team_id = '${team}'`)).toBe('0');
  fleet.platform.sql(`UPDATE hosts SET type = 'byoc', team_id = '${team}' WHERE id = '${uuid(own.id)}'`);
  expect(new Set(await spread(byoc, 3))).toEqual(new Set([own.id]));
  expect(new Set(await spread(other, 4))).toEqual(new Set(fleet.hosts.slice(1).map((host) => host.id)));
  fleet.platform.sql(`UPDATE hosts SET type = 'regular', team_id = NULL WHERE id = '${uuid(own.id)}'`);
});

test('SC-1: a new host takes part at once, a lost one no longer, and without any the answer is 503 without a row', async () => {
  const ada = await fleet.platform.newUser();
  const fresh = await fleet.addHost();
  expect(await spread(ada, 4)).toContain(fresh.id);
  fleet.platform.sql(`UPDATE hosts SET status = 'draining' WHERE id <> '${uuid(fresh.id)}'`);
  expect(new Set(await spread(ada, 3))).toEqual(new Set([fresh.id]));
  await fresh.kill();
  fleet.platform.sql(`UPDATE hosts SET status = 'unreachable' WHERE id = '${uuid(fresh.id)}'`);
  const rows = fleet.platform.sql('SELECT count(*) FROM sandboxes');
  await ada.refused('POST', '/v1/sandboxes', {}, 503, 'no_hosts_available');
  expect(fleet.platform.sql('SELECT count(*) FROM sandboxes')).toBe(rows);
});
