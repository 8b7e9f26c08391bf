// SPDX-License-Identifier: Apache-2.0
// Teams with people in them, for tests.
import { expect } from 'vitest';
import type { Client, Json } from './client';
import type { Platform } from './platform';

export interface Team {
  id: string;
  owner: Client;
  admin: Client;
  member: Client;
}

/** The same user with a token for that team. */
export async function inTeam(user: Client, team_id: string): Promise<Client> {
  const { body } = await user.post('/v1/auth/switch-team', { team_id }, 200);
  return user.with({ Authorization: `Bearer ${body.token}` });
}

/** Adds the user to the team, and signs in to it. */
export async function join(team: { id: string; owner: Client }, user: Client, role: 'admin' | 'member' = 'member'): Promise<Client> {
  await team.owner.post(`/v1/teams/${team.id}/members`, { email: user.account.email }, 201);
  if (role === 'admin') await team.owner.patch(`/v1/teams/${team.id}/members/${user.account.user_id}`, { role }, 204);
  return inTeam(user, team.id);
}

/** A new team of `owner` with these two people in it; each comes back with a token for it. */
export async function foundTeam(owner: Client, admin: Client, member: Client, name = 'Crew'): Promise<Team> {
  const { id } = (await owner.post('/v1/teams', { name }, 201)).body;
  const founded = { id, owner: await inTeam(owner, id) };
  return { ...founded, admin: await join(founded, admin, 'admin'), member: await join(founded, member) };
}

/** A new team of three new people. */
export async function newTeam(platform: Platform): Promise<Team> {
  const [owner, admin, member] = [await platform.newUser('Olga'), await platform.newUser('Adam'), await platform.newUser('Mia')];
  return foundTeam(owner, admin, member);
}

export async function newKey(user: Client, request: Json = {}): Promise<{ id: string; client: Client; body: Json }> {
  const { body } = await user.post('/v1/api-keys', request, 201);
  return { id: body.id, client: user.bare().with({ 'X-API-Key': body.key }), body };
}

/** "usr-0b6f…" as the database has it. */
export const uuidOf = (id: string): string => id.slice(id.indexOf('-') + 1);

/** Each live team has one owner, and no row says otherwise. */
export function expectOneOwner(platform: Platform): void {
  const wrong = platform.sql(`
    SELECT t.id, count(*) FILTER (WHERE m.role = 'owner') FROM teams t LEFT JOIN users_teams m ON m.team_id = t.id
    WHERE t.deleted_at IS NULL AND t.slug <> '000000-000000' GROUP BY t.id HAVING count(*) FILTER (WHERE m.role = 'owner') <> 1`);
  expect(wrong).toBe('');
}

/** What was written down about the team, oldest first: "member/add". */
export function events(platform: Platform, team: string, type = ''): string[] {
  const filter = type ? `AND resource_type = '${type}'` : '';
  const rows = platform.sql(
    `SELECT resource_type || '/' || action || '/' || status || '/' || scope FROM audit_logs WHERE team_id = '${uuidOf(team)}' ${filter} ORDER BY created_at, id`);
  return rows === '' ? [] : rows.split('\n');
}
