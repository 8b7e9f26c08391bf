// SPDX-License-Identifier: Apache-2.0
// Templates that are built from a definition.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { signInAdmin, useExtraHosts, type ExtraHost } from './extra_hosts';
import { usePlatform } from './platform';

const settings = { SANDBAR_TEAM_BUILDS: 'allowed', SANDBAR_BUILD_TAKEOVER: '2s' };
const platform = usePlatform({ settings });
const addHost = useExtraHosts(platform);
let ada: Client;
let admin: Client;
let host: ExtraHost;

beforeAll(async () => {
  ada = await platform.newUser();
  admin = await signInAdmin(platform);
  host = await addHost();
  platform.sql(`UPDATE hosts SET status = 'draining' WHERE id <> '${host.id.slice(5)}'`);
});

async function ended(id: string, client = ada, path = '/v1/builds'): Promise<Json> {
  return waitFor(`build ${id} ends`, async () => {
    const { body } = await client.get(`${path}/${id}`, 200);
    return ['success', 'failed', 'cancelled'].includes(body.status) ? body : null;
  });
}

async function build(definition: string, more: Json = {}): Promise<Json> {
  const begun = (await ada.post('/v1/templates', { definition, ...more }, 201)).body;
  return ended(begun.id);
}

/** What the host has of builds that are not templates. */
function leftovers(): string[] {
  const folder = join(host.state, 'build');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'lock') : [];
}

test('AD-4: a definition becomes a template: files, commands, environment, sizes, and a log of all of it', async () => {
  const definition = [
    'name web', 'package nginx-light', 'memory 256MiB', 'env GREETING=hello',
    'file /site/index.txt 0640', '  | a page', 'run echo made by $(cat site/index.txt) | tee site/made',
  ].join('\n');
  const made = await build(definition, { vcpus: 2 });
  expect(made).toMatchObject({ status: 'success', name: 'web', host_id: host.id, error: '', platform: false, current_step: made.total_steps });
  expect(made.total_steps).toBe(6);
  const log = (await ada.get(`/v1/builds/${made.id}/log`, 200)).body.toString();
  expect(log).toContain('made by a page\n');
  expect(log).toMatch(/\[100%\] template is ready\n$/);
  const view = (await ada.get('/v1/templates/web', 200)).body;
  expect(view).toMatchObject({ id: made.template_id, type: 'base', status: 'ready', vcpus: 2, memory_mb: 256, hosts: [host.id], in_use: 0 });
  const sandbox = await ada.sandbox({ template: 'web' });
  expect(sandbox).toMatchObject({ vcpus: 2, memory_mb: 256 });
  expect((await ada.exec(sandbox.id, 'sh', '-c', 'cat site/made; echo $GREETING; stat -c %a site/index.txt')).stdout).toBe('made by a page\nhello\n640\n');
  await ada.refused('DELETE', '/v1/templates/web', undefined, 409, 'template_in_use');
  await ada.delete(`/v1/sandboxes/${sandbox.id}`, 204);
  const audit = (await ada.get('/v1/audit-logs?resource_type=template', 200)).body.items;
  expect(audit.map((entry: Json) => `${entry.action} ${entry.resource_id}`)).toEqual(['create web', 'build web']);
  const list = (await ada.get('/v1/builds?limit=1', 200)).body.items;
  expect(list).toMatchObject([{ id: made.id, status: 'success' }]);
});

test('AD-4: what is wrong with a definition is said, with its line, and nothing is left', async () => {
  const cases: [string, RegExp][] = [
    ['name a\npakage nginx', /definition line 2: 'pakage' is not known/],
    ['name a\npackage no-such-thing', /Debian has no such package: no-such-thing/],
    ['name a\nrun echo about to fail >&2; exit 7', /run echo about to fail.*failed with status 7[^]*about to fail/],
    ['name a\nnetwork on\nrun true', /'network on' is for templates of the platform/],
    ['name a\ninclude nowhere.template', /nowhere.template/],
  ];
  for (const [definition, why] of cases) {
    const failed = await build(definition);
    expect(failed.status).toBe('failed');
    expect(failed.error).toMatch(why);
    await ada.refused('GET', '/v1/templates/a', undefined, 404, 'not_found');
  }
  await ada.refused('POST', '/v1/templates', { definition: 'run true' }, 400, 'invalid_request');
  await ada.refused('POST', '/v1/templates', { definition: '', name: 'a' }, 400, 'invalid_request');
  await ada.refused('POST', '/v1/templates', { definition: 'run true', name: '../a' }, 400, 'invalid_request');
  await ada.refused('POST', '/v1/templates', { definition: 'run true', name: 'a', vcpus: 99 }, 400, 'invalid_request');
  await ada.refused('POST', '/v1/templates', { definition: 'run true', name: 'base' }, 409, 'name_reserved');
  expect(leftovers()).toEqual([]);
  const audit = (await ada.get('/v1/audit-logs?resource_type=template&action=build_failed', 200)).body.items;
  expect(audit).toHaveLength(cases.length);
  expect(audit[0]).toMatchObject({ actor_type: 'system', resource_id: 'a', status: 'warning' });
});

test('AD-4: a health check decides whether there is a template', async () => {
  const healthy = await build('name well\nstart sleep 1; touch up\nhealthcheck test -e up');
  expect(healthy).toMatchObject({ status: 'success', error: '' });
  const slow = (await ada.post('/v1/templates', { definition: 'name ill\nrun true', healthcheck: 'echo not yet; false' }, 201)).body;
  await waitFor('it is checked', async () => (await ada.get(`/v1/builds/${slow.id}/log`)).body.includes('health check'));
  await ada.refused('POST', '/v1/sandboxes', { template: 'ill' }, 503, 'no_hosts_available');
  await ada.post(`/v1/builds/${slow.id}/cancel`, undefined, 200);
});

test('AD-4: a build that is cancelled ends at once, with its programs, and leaves nothing', async () => {
  const begun = (await ada.post('/v1/templates', { definition: 'name never\nrun echo begun; sleep 1000.5' }, 201)).body;
  const streamed = ada.get(`/v1/builds/${begun.id}/log?follow=true`, 200);
  await waitFor('it runs', async () => (await ada.get(`/v1/builds/${begun.id}/log`)).body.includes('\nbegun\n'));
  await ada.refused('POST', '/v1/templates', { definition: 'name never\nrun true' }, 409, 'already_exists');
  const eve = await platform.newUser('Eve');
  await eve.refused('POST', `/v1/builds/${begun.id}/cancel`, undefined, 404, 'not_found');
  await eve.refused('GET', `/v1/builds/${begun.id}/log`, undefined, 404, 'not_found');
  expect((await ada.post(`/v1/builds/${begun.id}/cancel`, undefined, 200)).body.status).toBe('cancelled');
  await ada.refused('POST', `/v1/builds/${begun.id}/cancel`, undefined, 409, 'invalid_state');
  expect((await streamed).body.toString()).toContain('begun\n');
  await waitFor('nothing is left', () => leftovers().length === 0);
  await waitFor('its template is gone', () => platform.sql(`SELECT count(*) FROM templates WHERE name = 'never'`) === '0');
  expect((await build('name never\nrun true')).status).toBe('success');
});

test('AD-4: a template that is built again takes its name over when it is ready, and sandboxes of the old one go on', async () => {
  await build('name again\nrun echo one > version');
  const old = await ada.sandbox({ template: 'again' });
  await ada.post(`/v1/sandboxes/${old.id}/pause`, undefined, 200);
  expect((await build('name again\nrun exit 1', { overwrite: true })).status).toBe('failed');
  expect((await ada.get('/v1/templates/again', 200)).body.status).toBe('ready');
  expect((await build('name again\nrun echo two > version', { overwrite: true })).status).toBe('success');
  const fresh = await ada.sandbox({ template: 'again' });
  expect((await ada.exec(fresh.id, 'cat', 'version')).stdout).toBe('two\n');
  await ada.post(`/v1/sandboxes/${old.id}/resume`, undefined, 200);
  expect((await ada.exec(old.id, 'cat', 'version')).stdout).toBe('one\n');
  await ada.delete(`/v1/sandboxes/${old.id}`, 204);
  await ada.delete(`/v1/sandboxes/${fresh.id}`, 204);
  await waitFor('the old one is gone', () => platform.sql(`SELECT count(*) FROM templates WHERE name = 'again'`) === '1');
});

test('ID-5: the platform’s admins build for everybody, and only they delete', async () => {
  await ada.refused('POST', '/v1/admin/builds', { definition: 'name shared\nrun true' }, 403, 'forbidden');
  const begun = (await admin.post('/v1/admin/builds', { definition: 'name shared\nnetwork on\nrun true' }, 201)).body;
  expect(await ended(begun.id, admin, '/v1/admin/builds')).toMatchObject({ status: 'success', platform: true });
  await ada.refused('GET', `/v1/builds/${begun.id}`, undefined, 404, 'not_found');
  expect((await admin.get(`/v1/admin/builds/${begun.id}/log`, 200)).body.toString()).toContain('template is ready');
  expect((await ada.get('/v1/templates/shared', 200)).body).toMatchObject({ platform: true, team_id: 'team-00000000-0000-0000-0000-000000000000' });
  expect((await ada.get('/v1/snapshots?type=base', 200)).body.items.map((item: Json) => item.name)).toEqual(expect.arrayContaining(['base', 'shared']));
  const { id } = await ada.sandbox({ template: 'shared' });
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'shared' }, 409, 'name_reserved');
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'base' }, 409, 'name_reserved');
  await ada.refused('DELETE', '/v1/snapshots/shared', undefined, 403, 'forbidden');
  await ada.refused('DELETE', '/v1/admin/templates/shared', undefined, 403, 'forbidden');
  await admin.refused('DELETE', '/v1/admin/templates/base', undefined, 403, 'forbidden');
  await admin.refused('DELETE', '/v1/admin/templates/shared', undefined, 409, 'template_in_use');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  await admin.delete('/v1/admin/templates/shared', 204);
  await ada.refused('GET', '/v1/templates/shared', undefined, 404, 'not_found');
  const names = (await admin.get('/v1/admin/templates', 200)).body.items.map((item: Json) => item.name);
  expect(names).toEqual(['base']);
});

test('C5: a control that dies loses no build: the next one goes on with its log', async () => {
  const begun = (await ada.post('/v1/templates', { definition: 'name survives\nrun echo first; sleep 5; echo last' }, 201)).body;
  await waitFor('it runs', async () => (await ada.get(`/v1/builds/${begun.id}/log`)).body.includes('\nfirst\n'));
  platform.control.kill();
  await platform.startControl(settings);
  expect(await ended(begun.id)).toMatchObject({ status: 'success' });
  const log = (await ada.get(`/v1/builds/${begun.id}/log`, 200)).body.toString();
  expect(log.match(/^first$/gm)).toHaveLength(1);
  expect(log.match(/^last$/gm)).toHaveLength(1);
});

test('C5: an agent that is killed has lost its build, which never stays running, and nothing of it', async () => {
  const begun = (await ada.post('/v1/templates', { definition: 'name lost\nrun echo begun; sleep 1000.7' }, 201)).body;
  await waitFor('it runs', async () => (await ada.get(`/v1/builds/${begun.id}/log`)).body.includes('\nbegun\n'));
  await host.kill();
  await host.start();
  expect(await ended(begun.id)).toMatchObject({ status: 'failed', error: expect.stringContaining('interrupted') });
  expect(leftovers()).toEqual([]);
  await ada.refused('GET', '/v1/templates/lost', undefined, 404, 'not_found');
  expect((await build('name lost\nrun true')).status).toBe('success');
});

test('AD-4: builds wait for one another, and a log that is too long is cut', async () => {
  const long = 'name long\nrun for i in $(seq 400); do printf "%04000d\\n" $i; done';
  const begun = [];
  for (const definition of [long, 'name next\nrun true']) begun.push((await ada.post('/v1/templates', { definition }, 201)).body);
  const running = () => Number(platform.sql(`SELECT count(*) FROM template_builds WHERE status = 'running'`));
  expect(running()).toBeLessThanOrEqual(1);
  for (const { id } of begun) expect((await ended(id)).status).toBe('success');
  const log = (await ada.get(`/v1/builds/${begun[0].id}/log`, 200)).body.toString();
  expect(log.length).toBeLessThan(2 * 1048576);
  expect(log).toContain('the rest is not kept');
});
