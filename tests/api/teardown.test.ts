// SPDX-License-Identifier: Apache-2.0
// How a team ends: at once for everybody, and completely, whatever dies or is away meanwhile.
import { existsSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { events, newKey, uuidOf } from './team';

const settings = { SANDBAR_ORPHAN_GRACE: '1s' };
const platform = usePlatform({ settings });

const statuses = (team: string) => platform.sql(`SELECT DISTINCT status FROM sandboxes WHERE team_id = '${uuidOf(team)}'`);
const isTornDown = (team: string) => platform.sql(`SELECT torn_down_at IS NOT NULL FROM teams WHERE id = '${uuidOf(team)}'`) === 't';
const isOnHost = (sandbox: string) => existsSync(pathOf(platform.temporary, 'agent', 'sandboxes', sandbox));

async function ownerWithSandboxes(count: number): Promise<{ owner: Client; team: string; ids: string[] }> {
  const owner = await platform.newUser('Olga');
  const made = await Promise.all(Array.from({ length: count }, () => owner.sandbox()));
  return { owner, team: owner.account.team_id, ids: made.map((one: Json) => one.id) };
}

async function expectNothingLeft(team: string, ids: string[]): Promise<void> {
  await waitFor('the team is torn down', () => isTornDown(team), 20_000);
  expect(statuses(team)).toBe('stopped');
  await waitFor('its host has destroyed its sandboxes', () => !ids.some(isOnHost));
}

test('TM-5: a deleted team is gone at once, its keys are dead, and all its sandboxes are destroyed', async () => {
  const { owner, team, ids } = await ownerWithSandboxes(3);
  const other = await ownerWithSandboxes(1);
  const [running, paused, missing] = ids;
  const key = await newKey(owner);
  expect(ids.every(isOnHost)).toBe(true);
  await owner.post(`/v1/sandboxes/${paused}/pause`, undefined, 200);
  await owner.post('/v1/snapshots', { sandbox_id: running, name: 'kept' }, 201);
  platform.sql(`UPDATE sandboxes SET status = 'missing' WHERE id = '${uuidOf(missing)}';
    INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb) SELECT gen_random_uuid(), '${uuidOf(team)}', 'base', s, 1, 512, 1024 FROM unnest(ARRAY['pending', 'error']) s`);
  await owner.delete(`/v1/teams/${team}`, 204);
  await key.client.refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
  await owner.refused('POST', '/v1/sandboxes', {}, 403, 'forbidden');
  await owner.refused('DELETE', `/v1/teams/${team}`, undefined, 404, 'not_found');
  await expectNothingLeft(team, ids);
  expect(platform.sql(`SELECT count(*) FROM templates WHERE team_id = '${uuidOf(team)}' AND status <> 'deleting'`)).toBe('0');
  expect(platform.sql(`SELECT name, deleted_at IS NOT NULL FROM teams WHERE id = '${uuidOf(team)}'`)).toBe("Olga's Team|t");
  const written = events(platform, team);
  expect(written.filter((event) => event === 'sandbox/destroy/warning/team')).toHaveLength(5);
  expect(written).toEqual(expect.arrayContaining(['api_key/revoke/warning/team', 'snapshot/delete/warning/team', 'team/delete/warning/team', 'team/torn_down/info/team']));
  expect((await other.owner.get(`/v1/sandboxes/${other.ids[0]}`, 200)).body.status).toBe('running');
});

test('TM-5: if its sandboxes cannot be marked, the team is not deleted', async () => {
  const { owner, team } = await ownerWithSandboxes(1);
  platform.sql(`CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$;
    CREATE TRIGGER fail_once BEFORE UPDATE ON sandboxes FOR EACH ROW WHEN (NEW.status = 'stopping' AND NEW.team_id = '${uuidOf(team)}') EXECUTE FUNCTION fail_once()`);
  expect((await owner.delete(`/v1/teams/${team}`)).status).toBe(500);
  platform.sql('DROP FUNCTION fail_once CASCADE');
  await owner.get(`/v1/teams/${team}`, 200);
  expect(events(platform, team, 'team')).not.toContain('team/delete/warning/team');
  await owner.delete(`/v1/teams/${team}`, 204);
});

test('TM-5: control killed in between goes on with the teardown after its start', async () => {
  const { owner, team, ids } = await ownerWithSandboxes(2);
  platform.agent!.kill('SIGSTOP');
  try {
    await owner.delete(`/v1/teams/${team}`, 204);
    platform.control.kill();
    await platform.control.ended();
    expect(isTornDown(team)).toBe(false);
  } finally {
    platform.agent!.kill('SIGCONT');
  }
  await platform.startControl(settings);
  await expectNothingLeft(team, ids);
});

test('TM-5, C7: a host that is away holds nothing up; when it returns, its sandboxes do not', async () => {
  const { owner, team, ids } = await ownerWithSandboxes(2);
  platform.agent!.kill('SIGSTOP');
  try {
    platform.sql(`UPDATE hosts SET status = 'unreachable'; UPDATE sandboxes SET status = 'missing' WHERE team_id = '${uuidOf(team)}'`);
    await owner.delete(`/v1/teams/${team}`, 204);
    await waitFor('the team is torn down', () => isTornDown(team));
    expect(statuses(team)).toBe('stopped');
  } finally {
    platform.agent!.kill('SIGCONT');
  }
  platform.sql("UPDATE hosts SET status = 'online', last_heartbeat_at = now() WHERE status = 'unreachable'");
  await waitFor('its host has destroyed its sandboxes', () => !ids.some(isOnHost), 20_000);
  expect(statuses(team)).toBe('stopped');
});

test('TM-5: a platform admin deletes any team, with the hosts of its own', async () => {
  const { owner, team, ids } = await ownerWithSandboxes(1);
  const admin = await platform.signInAdmin();
  await admin.putJson(`/v1/admin/teams/${team}/byoc`, { enabled: true }, 204);
  const host = (await owner.post('/v1/hosts', { type: 'byoc', team_id: team }, 201)).body.host.id;
  await owner.refused('DELETE', `/v1/admin/teams/${team}`, undefined, 403, 'forbidden');
  await admin.delete(`/v1/admin/teams/${team}`, 204);
  await admin.refused('DELETE', `/v1/admin/teams/${team}`, undefined, 404, 'not_found');
  await expectNothingLeft(team, ids);
  expect(platform.sql(`SELECT count(*) FROM hosts WHERE id = '${uuidOf(host)}'`)).toBe('0');
  expect(events(platform, team)).toEqual(expect.arrayContaining(['team/delete/warning/team', 'host/delete/warning/admin']));
  const listed = (await admin.get(`/v1/admin/teams?search=${team}`, 200)).body.items;
  expect(listed[0].deleted_at).toBeTruthy();
});

test('TM-5: a sandbox that is made while its team is deleted does not stay', async () => {
  const { owner, team, ids } = await ownerWithSandboxes(1);
  const creations = Array.from({ length: 6 }, () => owner.post('/v1/sandboxes', {}));
  const deleted = owner.delete(`/v1/teams/${team}`, 204);
  const answers = await Promise.all(creations);
  await deleted;
  for (const answer of answers) expect([201, 403, 409]).toContain(answer.status);
  const made = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.id);
  await expectNothingLeft(team, [...ids, ...made]);
});

test('ID-4: what a host is told has the outer form of ids', async () => {
  const { ids } = await ownerWithSandboxes(1);
  expect(ids[0]).toMatch(/^sb-/);
  expect(isOnHost(ids[0])).toBe(true);
});
