// SPDX-License-Identifier: Apache-2.0
// Tokens that were issued before something changed: each is refused at once, on every route, by what the database says now.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from './client';
import { usePlatform } from './platform';
import { mayUse, nameOf, rows, statusOf, type Row, type World } from './roles';
import { foundTeam, inTeam, join, newKey, uuidOf, type Team } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
let people: Client[];
const ofTeam = rows.filter((row) => ['user', 'team_member', 'team_admin', 'team_owner'].includes(row.access));
const forManagers = rows.filter((row) => mayUse(row, 'A') && !mayUse(row, 'M') && row.access !== 'open');
const forKeys = rows.filter((row) => row.access === 'team_member');

beforeAll(async () => {
  people = [await platform.newUser('O'), await platform.newUser('A'), await platform.newUser('M')];
});

async function furnished(): Promise<{ team: Team; world: World }> {
  const team = await foundTeam(people[0], people[1], people[2]);
  const [sandbox, template] = [randomUUID(), `tpl-of-${uuidOf(team.id).slice(0, 8)}`];
  platform.sql(`INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb) VALUES ('${sandbox}', '${uuidOf(team.id)}', 'base', 'paused', 1, 512, 1024);
    INSERT INTO templates (id, team_id, name, type, status) VALUES ('${randomUUID()}', '${uuidOf(team.id)}', '${template}', 'snapshot', 'ready');
    UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(team.id)}'`);
  const host = (await team.owner.post('/v1/hosts', { type: 'byoc', team_id: team.id }, 201)).body.host.id;
  const invitation = (await team.owner.post(`/v1/teams/${team.id}/invitations`, { email: 'nobody@example.org' }, 201)).body.id;
  const world = { team: team.id, member: team.member.account.user_id, key: (await newKey(team.owner)).id, host, invitation, sandbox: `sb-${sandbox}`, template };
  return { team, world };
}

/** Each of the routes answers with one of these statuses. */
async function expectRefused(client: Client, which: Row[], world: World, statuses = [403, 404]): Promise<void> {
  expect(which.length).toBeGreaterThan(0);
  for (const row of which) {
    const status = await statusOf(client, row, world);
    expect(statuses, `${nameOf(row)} answered ${status}`).toContain(status);
  }
}

test('W1: a demoted admin manages nothing with the old token, and is still a member', async () => {
  const { team, world } = await furnished();
  await team.admin.patch(`/v1/teams/${team.id}`, { name: 'Before' }, 204);
  await team.owner.patch(`/v1/teams/${team.id}/members/${team.admin.account.user_id}`, { role: 'member' }, 204);
  await expectRefused(team.admin, forManagers, world);
  await team.admin.get(`/v1/teams/${team.id}`, 200);
});

test('W1: a promoted member manages at once with the old token', async () => {
  const { team } = await furnished();
  await team.member.refused('PATCH', `/v1/teams/${team.id}`, { name: 'Mine' }, 403, 'forbidden');
  await team.owner.patch(`/v1/teams/${team.id}/members/${team.member.account.user_id}`, { role: 'admin' }, 204);
  await team.member.patch(`/v1/teams/${team.id}`, { name: 'Mine' }, 204);
});

test('W1: a removed member is out everywhere, and so are the keys of that member', async () => {
  const { team, world } = await furnished();
  const key = await newKey(team.admin);
  await key.client.get('/v1/sandboxes', 200);
  await team.owner.delete(`/v1/teams/${team.id}/members/${team.admin.account.user_id}`, 204);
  await expectRefused(team.admin, [...ofTeam, ...forManagers], world);
  await expectRefused(key.client, forKeys, world, [401]);
});

test('W1: who left is out everywhere, and so are the keys of that member', async () => {
  const { team, world } = await furnished();
  const key = await newKey(team.member);
  await team.member.post(`/v1/teams/${team.id}/leave`, undefined, 204);
  await expectRefused(team.member, [...ofTeam, ...forManagers], world);
  await expectRefused(key.client, forKeys, world, [401]);
});

test('W1, W11: tokens and keys of a deleted team open nothing', async () => {
  const { team, world } = await furnished();
  const key = await newKey(team.owner);
  await team.owner.delete(`/v1/teams/${team.id}`, 204);
  for (const client of [team.owner, team.admin, team.member]) await expectRefused(client, [...ofTeam, ...forManagers], world);
  await expectRefused(key.client, forKeys, world, [401]);
});

test('W1: a platform admin whose right was revoked is refused, whatever the token says', async () => {
  const { world } = await furnished();
  const admin = await platform.newUser('Pat');
  platform.sql(`UPDATE users SET is_admin = true WHERE id = '${uuidOf(admin.account.user_id)}'`);
  await admin.get('/v1/admin/teams', 200);
  const again = await inTeam(admin, admin.account.team_id);
  platform.sql(`UPDATE users SET is_admin = false WHERE id = '${uuidOf(admin.account.user_id)}'`);
  const forAdmins = rows.filter((row) => mayUse(row, 'P') && !mayUse(row, 'X'));
  for (const client of [admin, again]) await expectRefused(client, forAdmins, world);
});

test('W1: a disabled user is refused everywhere, and so are the keys of that user', async () => {
  const { team, world } = await furnished();
  const user = await join(team, await platform.newUser('Dan'), 'admin');
  const key = await newKey(user);
  await key.client.get('/v1/sandboxes', 200);
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${uuidOf(user.account.user_id)}'`);
  await expectRefused(user, rows.filter((row) => row.access !== 'open'), world, [401, 403]);
  await expectRefused(key.client, forKeys, world, [401]);
});
