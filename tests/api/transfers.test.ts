// SPDX-License-Identifier: Apache-2.0
// Templates that were made on one host and are used on another.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { useExtraHosts, type ExtraHost } from './extra_hosts';
import { usePlatform } from './platform';

const platform = usePlatform();
const addHost = useExtraHosts(platform);
let ada: Client;
let first: ExtraHost, second: ExtraHost;

beforeAll(async () => {
  ada = await platform.newUser();
  first = await addHost({ SANDBAR_TRANSFER_RATE: '8' });
  second = await addHost({ SANDBAR_TRANSFER_RATE: '8' });
});

const uuid = (id: string) => id.slice(id.indexOf('-') + 1);

/** New sandboxes go to this host only; the others still give what they have. */
function only(host: ExtraHost): void {
  platform.sql(`UPDATE hosts SET status = 'draining' WHERE status = 'online'`);
  platform.sql(`UPDATE hosts SET status = 'online' WHERE id = '${uuid(host.id)}'`);
}

/** A snapshot on `host` of a sandbox with some MiB of noise; answers what `sha256sum` says of it. */
async function snapshotOn(host: ExtraHost, name: string, mib: number): Promise<{ made: Json; sum: string }> {
  only(host);
  const { id } = await ada.sandbox();
  await ada.exec(id, 'sh', '-c', `mkdir -p deep/er && head -c ${mib * 1048576} /dev/urandom > deep/er/noise && ln -s deep/er link && echo exec > run.sh && chmod 755 run.sh`);
  const sum = (await ada.exec(id, 'sha256sum', 'link/noise')).stdout;
  const made = (await ada.post('/v1/snapshots', { sandbox_id: id, name }, 201)).body;
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  return { made, sum };
}

test('C11: a snapshot of one host starts sandboxes on another, byte for byte, and lists say where it is', async () => {
  const { made, sum } = await snapshotOn(first, 'everywhere', 3);
  only(second);
  expect((await ada.get('/v1/templates/everywhere', 200)).body).toMatchObject({ hosts: [first.id], parent: 'base', in_use: 0 });
  const child = await ada.sandbox({ template: 'everywhere' });
  expect(child.host_id).toBe(second.id);
  expect((await ada.exec(child.id, 'sha256sum', 'link/noise')).stdout).toBe(sum);
  expect((await ada.exec(child.id, 'sh', '-c', 'test -x run.sh && readlink link')).stdout).toBe('deep/er\n');
  const view = (await ada.get('/v1/templates/everywhere', 200)).body;
  expect(view).toMatchObject({ in_use: 1, fetching_hosts: [], team_id: expect.stringMatching(/^team-/) });
  expect(view.hosts.sort()).toEqual([first.id, second.id].sort());
  expect(existsSync(join(second.state, 'fetch', made.id))).toBe(false);
  await ada.delete(`/v1/sandboxes/${child.id}`, 204);
});

/** Starts a sandbox of `template` on `host`, whatever becomes of it. */
function begin(template: string, host: ExtraHost): Promise<Json> {
  only(host);
  return ada.post('/v1/sandboxes', { template });
}

const bytesIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, String(name)))).reduce((sum, info) => sum + info.blocks * 512, 0)
    : 0;

test('C11: a fetch that was killed half-way is never used, and goes on where it was', async () => {
  const { made } = await snapshotOn(first, 'large', 12);
  const partial = join(second.state, 'fetch', made.id);
  const starting = begin('large', second);
  await waitFor('some of it is there', () => bytesIn(partial) > 3 * 1048576);
  expect(existsSync(second.template(made.id))).toBe(false);
  await second.kill();
  await starting;
  await second.start();
  expect(existsSync(second.template(made.id))).toBe(false);
  const child = await begin('large', second);
  expect(child.status).toBe(201);
  const [, kept] = await second.agent.printed(/template fetched.*"?kept"?[=:] ?(\d+)/);
  expect(Number(kept)).toBeGreaterThan(2 * 1048576);
  await ada.delete(`/v1/sandboxes/${child.body.id}`, 204);
});

test('C11: a source that dies is a clear failure, and no harm once it is back', async () => {
  const { made } = await snapshotOn(first, 'interrupted', 12);
  const partial = join(second.state, 'fetch', made.id);
  const starting = begin('interrupted', second);
  await waitFor('some of it is there', () => bytesIn(partial) > 2 * 1048576);
  await first.kill();
  const answer = (await starting);
  expect([502, 503]).toContain(answer.status);
  expect(existsSync(second.template(made.id))).toBe(false);
  await first.start();
  // Control lets a host alone for a moment after it could not be reached.
  const child = await waitFor('it is fetched', async () => {
    const answer = await begin('interrupted', second);
    return answer.status === 201 && answer;
  });
  await ada.delete(`/v1/sandboxes/${child.body.id}`, 204);
});

test('C11: bytes that were changed at their source are refused', async () => {
  const { made } = await snapshotOn(first, 'damaged', 2);
  const noise = join(first.template(made.id), 'home/deep/er/noise');
  const before = readFileSync(noise);
  const index = join(first.template(made.id), 'transfer.json');
  const starting = await begin('damaged', second); // the index is made here
  await ada.delete(`/v1/sandboxes/${starting.body.id}`, 204);
  platform.sql(`DELETE FROM template_hosts WHERE template_id = '${uuid(made.id)}' AND host_id = '${uuid(second.id)}'`);
  rmSync(second.template(made.id), { recursive: true });
  const changed = Buffer.from(before);
  changed[1_500_000] ^= 1;
  chmodSync(noise, 0o644);
  writeFileSync(noise, changed);
  const answer = await begin('damaged', second);
  expect(answer.status).toBe(502);
  expect(existsSync(second.template(made.id))).toBe(false);
  // A source that lies about the whole, index included, is known by what it said before.
  rmSync(index);
  const lying = await begin('damaged', second);
  expect(lying.status).toBe(503);
  expect(platform.control.log).toMatch(/holder of a template left out/);
  expect(existsSync(second.template(made.id))).toBe(false);
  writeFileSync(noise, before);
  rmSync(index);
  const healed = await begin('damaged', second);
  expect(healed.status).toBe(201);
  await ada.delete(`/v1/sandboxes/${healed.body.id}`, 204);
});

test('C11: a source that cannot be reached directly is read through control', async () => {
  const { sum } = await snapshotOn(first, 'behind-nat', 2);
  const third = await addHost({ SANDBAR_TRANSFER_ROUTE: 'control' });
  const child = await begin('behind-nat', third);
  expect(child.status).toBe(201);
  expect((await ada.exec(child.body.id, 'sha256sum', 'link/noise')).stdout).toBe(sum);
  expect(third.agent.log).toMatch(/source is read through control/);
  await ada.delete(`/v1/sandboxes/${child.body.id}`, 204);
});

test('a host gives templates to nobody without a grant of control', async () => {
  const address = platform.sql(`SELECT address FROM hosts WHERE id = '${uuid(first.id)}'`);
  await expect(fetch(`https://${address}/templates/tpl-00000000-0000-4000-8000-000000000001/index`)).rejects.toThrow();
  const { id } = (await ada.get('/v1/templates/everywhere', 200)).body;
  const stranger = platform.anonymous();
  await stranger.refused('GET', `/v1/transfers/${id}/${first.id}/index`, undefined, 401, 'unauthorized');
  const credentials = JSON.parse(readFileSync(join(second.state, 'credentials.json'), 'utf8'));
  const host = platform.anonymous().with({ 'X-Host-Token': credentials.token });
  await host.refused('GET', `/v1/transfers/${id}/${first.id}/index`, undefined, 401, 'unauthorized');
});

test('SN-3: a deleted template goes from every host, also from one that was away, and does not come back', async () => {
  const { made } = await snapshotOn(first, 'doomed', 1);
  const child = await begin('doomed', second);
  await ada.delete(`/v1/sandboxes/${child.body.id}`, 204);
  expect(existsSync(second.template(made.id))).toBe(true);
  await second.kill();
  await ada.delete('/v1/snapshots/doomed', 204);
  await ada.refused('DELETE', '/v1/snapshots/doomed', undefined, 404, 'not_found');
  await waitFor('the present host has removed it', () => !existsSync(first.template(made.id)));
  expect(existsSync(second.template(made.id))).toBe(true);
  await second.start();
  await waitFor('the returned host has removed it', () => !existsSync(second.template(made.id)));
  await waitFor('its row is gone', () => platform.sql(`SELECT count(*) FROM templates WHERE id = '${uuid(made.id)}'`) === '0');
});
