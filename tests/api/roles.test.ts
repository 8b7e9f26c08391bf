// SPDX-License-Identifier: Apache-2.0
// Who may use which route: every row of the route table, called by every role.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from './client';
import { usePlatform } from './platform';
import { exceptionOf, exceptions, filled, mayUse, nameOf, refusalOf, roles, rows, statusOf, type Role, type Row, type World } from './roles';
import { foundTeam, newKey, uuidOf, type Team } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
let people: Record<'owner' | 'admin' | 'member' | 'other' | 'platform', Client>;
let team: Team;
let world: World;
let callers: Record<Role, Client>;

/** Rows of things that take a host to make. */
function insertThings(id: string): { sandbox: string; template: string; invitation: string } {
  const [sandbox, invitation, template] = [randomUUID(), randomUUID(), `snap-${randomUUID()}`];
  platform.sql(`INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb) VALUES ('${sandbox}', '${uuidOf(id)}', 'base', 'paused', 1, 512, 1024)`);
  platform.sql(`INSERT INTO templates (id, team_id, name, type, status) VALUES ('${randomUUID()}', '${uuidOf(id)}', '${template}', 'snapshot', 'ready')`);
  platform.sql(`INSERT INTO team_invitations (id, team_id, email, token_hash, expires_at)
    VALUES ('${invitation}', '${uuidOf(id)}', '${invitation}@example.org', '${invitation.replaceAll('-', '').repeat(2)}', now() + interval '1 day')`);
  return { sandbox: `sb-${sandbox}`, template, invitation: `inv-${invitation}` };
}

async function furnish({ id, owner, member }: Team): Promise<World> {
  platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(id)}'`);
  const host = (await owner.post('/v1/hosts', { type: 'byoc', team_id: id }, 201)).body.host.id;
  return { team: id, member: member.account.user_id, key: (await newKey(owner)).id, host, ...insertThings(id) };
}

const makeTeam = () => foundTeam(people.owner, people.admin, people.member);

beforeAll(async () => {
  const [owner, admin, member, other] = [await platform.newUser('O'), await platform.newUser('A'), await platform.newUser('M'), await platform.newUser('X')];
  people = { owner, admin, member, other, platform: await platform.signInAdmin() };
  team = await makeTeam();
  world = await furnish(team);
  callers = {
    O: team.owner, A: team.admin, M: team.member, X: other, P: people.platform, K: (await newKey(team.owner)).client, N: platform.anonymous(),
  };
});

/** A sign-in of its own: the call may end it, and all others of the same user. */
async function newUserAs(role: Role): Promise<Client> {
  const user = await platform.newUser();
  if (role === 'P') platform.sql(`UPDATE users SET is_admin = true WHERE id = '${uuidOf(user.account.user_id)}'`);
  return user;
}

/** The caller and the world for one call that is let in; of their own if the call uses something up. */
async function spend(row: Row, role: Role): Promise<{ client: Client; world: World }> {
  const { spends } = exceptionOf(row) ?? {};
  if (spends === 'user') return { client: await newUserAs(role), world };
  if (spends !== 'team' && row.method !== 'DELETE') return { client: callers[role], world };
  if (spends !== 'team') return { client: callers[role], world: await furnish(team) };
  const own = await makeTeam();
  const client = { O: own.owner, A: own.admin, M: own.member }[role as string] ?? callers[role];
  return { client, world: await furnish(own) };
}

async function expectIn(row: Row, role: Role): Promise<void> {
  const own = await spend(row, role);
  const status = await statusOf(own.client, row, own.world);
  const refusals = filled(row, own.world).exists ? [401, 403, 404] : [401, 403];
  expect(refusals, `${role} must be let in`).not.toContain(status);
  expect(status).not.toBe(500);
}

test('every exception of the matrix is about a route that exists', () => {
  const named = exceptions.filter(({ row }) => typeof row === 'string');
  for (const exception of named) expect(rows.some((row) => exceptionOf(row) === exception), exception.why).toBe(true);
});

describe('role matrix', () => {
  test.each(rows.filter((row) => row.access !== 'open').map((row) => [nameOf(row), row.access, row] as const))('%s (%s)', async (_name, _access, row) => {
    for (const role of roles) {
      if (mayUse(row, role)) continue;
      const status = await statusOf(callers[role], row, world);
      expect(refusalOf(row, role), `${role} must be refused, and got ${status}${status === 400 ? ': give the row a complete body in requests of roles.ts' : ''}`).toContain(status);
    }
    for (const role of roles) if (mayUse(row, role)) await expectIn(row, role);
  });
});

test('the owner cannot be removed, demoted or made a member by anybody', async () => {
  const path = `/v1/teams/${team.id}/members/${team.owner.account.user_id}`;
  for (const client of [team.owner, team.admin]) {
    await client.refused('DELETE', path, undefined, 403, 'forbidden');
    await client.refused('PATCH', path, { role: 'member' }, 403, 'forbidden');
  }
});

test('a template of the platform is deleted by nobody who is not its admin', async () => {
  for (const role of ['O', 'A', 'M', 'K'] as const) await callers[role].refused('DELETE', '/v1/snapshots/base', undefined, 403, 'forbidden');
});

test('a regular host is made by platform admins only', async () => {
  for (const role of ['O', 'A', 'M', 'X'] as const) await callers[role].refused('POST', '/v1/hosts', { type: 'regular' }, 403, 'forbidden');
  await callers.P.post('/v1/hosts', { type: 'regular' }, 201);
});

test('members do not see the entries of the audit log that are for owners and admins', async () => {
  const listed = async (client: Client) => (await client.get('/v1/audit-logs?resource_type=member', 200)).body.items.length;
  expect(await listed(team.owner)).toBeGreaterThan(0);
  expect(await listed(team.admin)).toBeGreaterThan(0);
  expect(await listed(team.member)).toBe(0);
});
