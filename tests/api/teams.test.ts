// SPDX-License-Identifier: Apache-2.0
// Teams and who is in them.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { events, expectOneOwner, foundTeam, inTeam, join, newKey, newTeam, uuidOf, type Team } from './team';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
const slug = /^[0-9a-f]{6}-[0-9a-f]{6}$/;
const unknownTeam = 'team-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
const unknownUser = 'usr-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
let team: Team;
let stranger: Client;

const membersOf = async ({ owner, id }: { owner: Client; id: string }): Promise<Json[]> => (await owner.get(`/v1/teams/${id}/members`, 200)).body.items;
const memberPath = (id: string, user: Client) => `/v1/teams/${id}/members/${user.account.user_id}`;

beforeAll(async () => {
  team = await newTeam(platform);
  stranger = await platform.newUser('Sam');
});

const again = () => foundTeam(team.owner, team.admin, team.member);

describe('teams', () => {
  test('TM-2: who creates a team is its only member and owner; the default team stays', async () => {
    const { body } = await stranger.post('/v1/teams', { name: '  Second ' }, 201);
    expect(body).toMatchObject({ name: 'Second', role: 'owner', is_byoc: false });
    expect(body.slug).toMatch(slug);
    const own = await inTeam(stranger, body.id);
    expect(await membersOf({ owner: own, id: body.id })).toMatchObject([{ user_id: stranger.account.user_id, role: 'owner' }]);
    const { email, password, team_id } = stranger.account;
    expect((await platform.anonymous().post('/v1/auth/login', { email, password }, 200)).body.team_id).toBe(team_id);
    expect(events(platform, body.id)).toEqual(['team/create/success/team']);
    await (await newKey(stranger)).client.refused('POST', '/v1/teams', { name: 'x' }, 401, 'unauthorized');
  });

  test('TM-2: a team can be created without being in any', async () => {
    const user = await platform.newUser('Lone');
    await user.delete(`/v1/teams/${user.account.team_id}`, 204);
    const { email, password } = user.account;
    const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
    expect(body.team_id).toBeUndefined();
    const lone = user.with({ Authorization: `Bearer ${body.token}` });
    await lone.refused('GET', '/v1/sandboxes', undefined, 403, 'no_team');
    const { id } = (await lone.post('/v1/teams', { name: 'New start' }, 201)).body;
    await (await inTeam(lone, id)).get('/v1/sandboxes', 200);
  });

  test('TM-3: a user’s teams come in the order of joining, with the role in each', async () => {
    const user = await platform.newUser('Tia');
    const { id } = (await user.post('/v1/teams', { name: 'Later' }, 201)).body;
    await join(team, user);
    const teams = (await user.get('/v1/teams', 200)).body.items;
    expect(teams.map((one: Json) => [one.id, one.role])).toEqual([[user.account.team_id, 'owner'], [id, 'owner'], [team.id, 'member']]);
  });

  test('TM-3: a team’s detail is for its members, with a token for that very team', async () => {
    const { body } = await team.member.get(`/v1/teams/${team.id}`, 200);
    expect(body.team).toMatchObject({ id: team.id, is_byoc: false });
    expect(body.members.length).toBeGreaterThanOrEqual(3);
    for (const client of [stranger, await platform.signInAdmin()]) await client.refused('GET', `/v1/teams/${team.id}`, undefined, 403, 'forbidden');
    const elsewhere = team.owner.with({ Authorization: `Bearer ${team.owner.account.token}` });
    await elsewhere.refused('GET', `/v1/teams/${team.id}`, undefined, 403, 'forbidden');
    await stranger.refused('GET', `/v1/teams/${unknownTeam}`, undefined, 403, 'forbidden');
  });

  test('TM-4: renaming is seen by all, keeps the slug and is written down', async () => {
    const { id, owner, admin, member } = await again();
    const before = (await member.get(`/v1/teams/${id}`, 200)).body.team;
    await owner.patch(`/v1/teams/${id}`, { name: 'First' }, 204);
    await admin.patch(`/v1/teams/${id}`, { name: ' Zoë @ ' }, 204);
    expect((await member.get(`/v1/teams/${id}`, 200)).body.team).toEqual({ ...before, name: 'Zoë @' });
    const log = (await owner.get('/v1/audit-logs?resource_type=team&action=rename', 200)).body.items;
    expect(log[0]).toMatchObject({ status: 'info', scope: 'team', resource_id: id, metadata: { old_name: 'First', new_name: 'Zoë @' } });
    await member.refused('PATCH', `/v1/teams/${id}`, { name: '' }, 403, 'forbidden');
    await stranger.refused('PATCH', `/v1/teams/${id}`, { name: 'x' }, 403, 'forbidden');
    await owner.delete(`/v1/teams/${id}`, 204);
    await owner.refused('PATCH', `/v1/teams/${id}`, { name: 'Ghost' }, 404, 'not_found');
    expect(events(platform, id).filter((event) => event.startsWith('team/rename'))).toHaveLength(2);
  });

  test.each(["O'Brien @ Work-1_x", 'é', "Zoë's", '日本語チーム', 'a'.repeat(128), 'ü'.repeat(128)])('TM-6: %j is a team’s name', async (name) => {
    await team.owner.patch(`/v1/teams/${team.id}`, { name }, 204);
    expect((await team.owner.get(`/v1/teams/${team.id}`, 200)).body.team.name).toBe(name);
  });

  test.each(['', '   ', '<b>', '🚀', 'a\nb', 'a\u0000b', 'a\u202eb', 'a/b', 'a'.repeat(129), 7, null])('TM-6: %j is no team’s name', async (name) => {
    await team.owner.refused('PATCH', `/v1/teams/${team.id}`, { name }, 400, 'invalid_request');
    await stranger.refused('POST', '/v1/teams', { name }, 400, 'invalid_request');
  });

  test('TM-6: names that look alike are the same', async () => {
    await team.owner.patch(`/v1/teams/${team.id}`, { name: 'Zoe\u0308' }, 204);
    expect((await team.owner.get(`/v1/teams/${team.id}`, 200)).body.team.name).toBe('Zo\u00eb');
  });

  test('C15: the name of a new user’s first team can be saved again', async () => {
    const user = await platform.newUser('Zoë 🚀 <b>');
    const { name } = (await user.get(`/v1/teams/${user.account.team_id}`, 200)).body.team;
    expect(name).toBe("Zoë b's Team");
    await user.patch(`/v1/teams/${user.account.team_id}`, { name }, 204);
  });

  test('TM-7: a slug is six and six hex digits, unique for ever, and changed by nothing', async () => {
    const { id, owner } = await again();
    const { slug: before } = (await owner.get(`/v1/teams/${id}`, 200)).body.team;
    expect(before).toMatch(slug);
    await owner.patch(`/v1/teams/${id}`, { name: 'Other', slug: '000000-00000f' }, 204);
    expect((await owner.get(`/v1/teams/${id}`, 200)).body.team.slug).toBe(before);
    expect(() => platform.sql(`UPDATE teams SET slug = '000000-00000f' WHERE id = '${uuidOf(id)}'`)).toThrow();
    await owner.delete(`/v1/teams/${id}`, 204);
    expect(() => platform.sql(`INSERT INTO teams (id, name, slug) VALUES (gen_random_uuid(), 'x', '${before}')`)).toThrow();
  });

  test('TM-8: a deleted team is no team on any route that names one', async () => {
    const { id, owner, admin } = await again();
    const user = await platform.newUser('Late');
    const invitation = (await owner.post(`/v1/teams/${id}/invitations`, { email: user.account.email }, 201)).body;
    await owner.delete(`/v1/teams/${id}`, 204);
    for (const client of [owner, admin]) {
      expect((await client.get('/v1/teams', 200)).body.items.map((one: Json) => one.id)).not.toContain(id);
      await client.refused('POST', '/v1/auth/switch-team', { team_id: id }, 404, 'not_found');
      await client.refused('GET', `/v1/teams/${id}`, undefined, 404, 'not_found');
      await client.refused('POST', `/v1/teams/${id}/members`, { email: user.account.email }, 404, 'not_found');
      await client.refused('DELETE', `/v1/teams/${id}`, undefined, 404, 'not_found');
    }
    await (await platform.signInAdmin()).refused('POST', '/v1/hosts', { type: 'byoc', team_id: id }, 404, 'not_found');
    expect((await user.get('/v1/me/invitations', 200)).body.items).toEqual([]);
    await user.refused('POST', `/v1/me/invitations/${invitation.id}/accept`, { token: invitation.token }, 404, 'not_found');
    await owner.refused('POST', '/v1/sandboxes', {}, 403, 'forbidden');
    await owner.refused('POST', '/v1/api-keys', {}, 403, 'forbidden');
  });

  test('TM-8: whatever a request was let in for, nothing is made for a team that is deleted meanwhile', async () => {
    const { id, owner } = await again();
    await owner.delete(`/v1/teams/${id}`, 204);
    const insert = `INSERT INTO sandboxes (id, team_id, template, vcpus, memory_mb, disk_mb) VALUES (gen_random_uuid(), '${uuidOf(id)}', 'base', 1, 512, 1024)`;
    expect(() => platform.sql(insert)).toThrow();
  });
});

describe('owners', () => {
  test('TM-1: nobody becomes owner but by a transfer, and the owner cannot be touched', async () => {
    const { id, owner, admin, member } = await again();
    for (const client of [owner, admin]) {
      await client.refused('PATCH', memberPath(id, owner), { role: 'member' }, 403, 'forbidden');
      await client.refused('DELETE', memberPath(id, owner), undefined, 403, 'forbidden');
      await client.refused('PATCH', memberPath(id, member), { role: 'owner' }, 400, 'invalid_request');
      await client.refused('PATCH', memberPath(id, member), { role: 'king' }, 400, 'invalid_request');
    }
    await owner.refused('POST', `/v1/teams/${id}/leave`, undefined, 403, 'forbidden');
    expectOneOwner(platform);
  });

  test('TM-1, C18: a team is handed over to a member, atomically, and it is written down', async () => {
    const { id, owner, admin, member } = await again();
    await owner.refused('POST', `/v1/teams/${id}/transfer`, { user_id: stranger.account.user_id }, 404, 'not_found');
    await owner.refused('POST', `/v1/teams/${id}/transfer`, { user_id: owner.account.user_id }, 400, 'invalid_request');
    await owner.refused('POST', `/v1/teams/${id}/transfer`, { user_id: 'bob' }, 400, 'invalid_request');
    for (const client of [admin, member]) await client.refused('POST', `/v1/teams/${id}/transfer`, { user_id: member.account.user_id }, 403, 'forbidden');
    await owner.post(`/v1/teams/${id}/transfer`, { user_id: member.account.user_id }, 204);
    expect((await membersOf({ owner, id })).map((one) => one.role)).toEqual(['admin', 'admin', 'owner']);
    await owner.refused('DELETE', `/v1/teams/${id}`, undefined, 403, 'forbidden');
    const log = (await owner.get('/v1/audit-logs?action=transfer', 200)).body.items;
    expect(log[0].metadata).toEqual({ old_owner: owner.account.user_id, new_owner: member.account.user_id });
    await member.delete(`/v1/teams/${id}`, 204);
  });

  test('TM-1: after fifty requests at once, in any order, each team has exactly one owner', async () => {
    const { id, owner, admin, member } = await again();
    const people = [owner, admin, member];
    const deeds = (by: Client, about: Client): Promise<unknown>[] => [
      by.post(`/v1/teams/${id}/transfer`, { user_id: about.account.user_id }),
      by.patch(memberPath(id, about), { role: 'admin' }),
      by.patch(memberPath(id, about), { role: 'member' }),
      by.delete(memberPath(id, about)),
      by.post(`/v1/teams/${id}/members`, { email: about.account.email }),
      by.post(`/v1/teams/${id}/leave`),
    ];
    for (let round = 0; round < 3; ++round) {
      const all = people.flatMap((by) => people.flatMap((about) => deeds(by, about))).slice(0, 50);
      const answers = (await Promise.all(all)) as { status: number }[];
      expect(answers.map((answer) => answer.status).filter((status) => status >= 500)).toEqual([]);
      expectOneOwner(platform);
    }
  });

  test('TM-1: of many transfers at once one happens', async () => {
    const { id, owner, admin, member } = await again();
    const heirs = [admin, member].flatMap((heir) => Array.from({ length: 10 }, () => heir.account.user_id));
    const answers = await Promise.all(heirs.map((user_id) => owner.post(`/v1/teams/${id}/transfer`, { user_id })));
    expect(answers.filter((answer) => answer.status === 204)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 403)).toHaveLength(19);
    expectOneOwner(platform);
  });
});

describe('members', () => {
  test('MB-1: an account is added by its address, sees the team and can switch to it', async () => {
    const { id, owner, admin, member } = await again();
    const user = await platform.newUser('Nia');
    await member.refused('POST', `/v1/teams/${id}/members`, { email: user.account.email }, 403, 'forbidden');
    const before = Date.now();
    const { body } = await admin.post(`/v1/teams/${id}/members`, { email: ` ${user.account.email.toUpperCase()} ` }, 201);
    expect(body).toMatchObject({ user_id: user.account.user_id, name: 'Nia', email: user.account.email, role: 'member' });
    expect(Math.abs(Date.parse(body.joined_at) - before)).toBeLessThan(60_000);
    await (await inTeam(user, id)).get(`/v1/teams/${id}`, 200);
    await owner.refused('POST', `/v1/teams/${id}/members`, { email: user.account.email }, 409, 'already_member');
    await owner.refused('POST', `/v1/teams/${id}/members`, { email: 'no@where.io' }, 404, 'not_found');
    for (const email of ['', 'x', '@', 'a@', 7]) await owner.refused('POST', `/v1/teams/${id}/members`, { email }, 400, 'invalid_request');
    const log = (await owner.get('/v1/audit-logs?resource_type=member&action=add', 200)).body.items;
    expect(log[0]).toMatchObject({ scope: 'admin', status: 'success', resource_id: user.account.user_id, metadata: { email: user.account.email, role: 'member' } });
    expect(events(platform, id, 'member').filter((event) => event.startsWith('member/add'))).toHaveLength(3);
  });

  test('MB-1, C8: of parallel adds one succeeds, and the others hear that it is a member', async () => {
    const { id, owner } = await again();
    const user = await platform.newUser();
    const answers = await Promise.all(Array.from({ length: 8 }, () => owner.post(`/v1/teams/${id}/members`, { email: user.account.email })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test('MB-1, W16: a disabled account is not added and not shown', async () => {
    const { id, owner } = await again();
    const [user, later] = [await platform.newUser(), await platform.newUser()];
    await join({ id, owner }, later);
    platform.sql(`UPDATE users SET status = 'disabled' WHERE id IN ('${uuidOf(user.account.user_id)}', '${uuidOf(later.account.user_id)}')`);
    await owner.refused('POST', `/v1/teams/${id}/members`, { email: user.account.email }, 404, 'not_found');
    expect((await membersOf({ owner, id })).map((one) => one.user_id)).not.toContain(later.account.user_id);
  });

  test('MB-2: members are listed with name, address, role and time, in the order of joining', async () => {
    const { id, owner, admin, member } = await again();
    const listed = await membersOf({ owner: member, id });
    expect(listed).toMatchObject([owner, admin, member].map((one) => ({ user_id: one.account.user_id, email: one.account.email, name: one.account.name })));
    expect(listed.map((one) => one.role)).toEqual(['owner', 'admin', 'member']);
    const times = listed.map((one) => Date.parse(one.joined_at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('MB-3: roles are changed by owners and admins, count at once and are written down', async () => {
    const { id, owner, admin, member } = await again();
    await member.refused('PATCH', memberPath(id, admin), { role: 'member' }, 403, 'forbidden');
    await admin.patch(memberPath(id, member), { role: 'admin' }, 204);
    await member.patch(`/v1/teams/${id}`, { name: 'By the new admin' }, 204);
    await member.patch(memberPath(id, member), { role: 'member' }, 204);
    await member.refused('PATCH', `/v1/teams/${id}`, { name: 'x' }, 403, 'forbidden');
    await owner.refused('PATCH', `/v1/teams/${id}/members/${unknownUser}`, { role: 'admin' }, 404, 'not_found');
    await owner.refused('PATCH', `/v1/teams/${id}/members/bob`, { role: 'admin' }, 400, 'invalid_request');
    const log = (await owner.get('/v1/audit-logs?action=role_update', 200)).body.items;
    expect(log.map((entry: Json) => entry.metadata).slice(0, 2)).toEqual([
      { old_role: 'admin', new_role: 'member' },
      { old_role: 'member', new_role: 'admin' },
    ]);
    expect(log[0]).toMatchObject({ scope: 'admin', status: 'info', resource_type: 'member', resource_id: member.account.user_id });
  });

  test('MB-3, C8: a change of role and a removal at once end in one of both', async () => {
    const { id, owner, admin, member } = await again();
    const [changed, removed] = await Promise.all([owner.patch(memberPath(id, member), { role: 'admin' }), admin.delete(memberPath(id, member))]);
    expect(removed.status).toBe(204);
    expect([204, 404]).toContain(changed.status);
    expect((await membersOf({ owner, id })).map((one) => one.user_id)).not.toContain(member.account.user_id);
  });

  test('MB-4: a removed member is out, with the keys, and it is written down', async () => {
    const { id, owner, admin, member } = await again();
    const key = await newKey(member);
    await member.refused('DELETE', memberPath(id, admin), undefined, 403, 'forbidden');
    await admin.refused('DELETE', memberPath(id, owner), undefined, 403, 'forbidden');
    await owner.refused('DELETE', memberPath(id, stranger), undefined, 404, 'not_found');
    await admin.delete(memberPath(id, member), 204);
    await owner.refused('DELETE', memberPath(id, member), undefined, 404, 'not_found');
    await member.refused('GET', `/v1/teams/${id}`, undefined, 403, 'forbidden');
    await key.client.refused('GET', '/v1/sandboxes', undefined, 401, 'unauthorized');
    expect((await owner.get('/v1/api-keys', 200)).body.items).toEqual([]);
    expect(events(platform, id).slice(-2)).toEqual(['member/remove/warning/admin', 'api_key/revoke/warning/team']);
  });

  test('MB-5: members leave by themselves; the owner and strangers do not', async () => {
    const { id, owner, admin, member } = await again();
    await owner.refused('POST', `/v1/teams/${id}/leave`, undefined, 403, 'forbidden');
    await stranger.refused('POST', `/v1/teams/${id}/leave`, undefined, 403, 'forbidden');
    for (const client of [admin, member]) {
      await client.post(`/v1/teams/${id}/leave`, undefined, 204);
      await client.refused('POST', `/v1/teams/${id}/leave`, undefined, 403, 'forbidden');
    }
    const log = (await owner.get('/v1/audit-logs?action=leave', 200)).body.items;
    expect(log).toMatchObject([member, admin].map((one) => ({ scope: 'admin', status: 'info', resource_id: one.account.user_id, actor_id: one.account.user_id })));
  });

  test('MB-6: the last team can be left or deleted; what remains is an account without a team', async () => {
    const user = await platform.newUser();
    const own = user.account.team_id;
    await user.delete(`/v1/teams/${own}`, 204);
    expect((await user.get('/v1/teams', 200)).body.items).toEqual([]);
    await user.get('/v1/me', 200);
  });
});

describe('invitations', () => {
  const open = async (by: Client, id: string): Promise<Json[]> => (await by.get(`/v1/teams/${id}/invitations`, 200)).body.items;

  test('MB-1, C18: somebody without an account is invited, signs up with that address and joins', async () => {
    const { id, owner, admin, member } = await again();
    const email = 'newcomer@example.org';
    await member.refused('POST', `/v1/teams/${id}/invitations`, { email }, 403, 'forbidden');
    const { body } = await admin.post(`/v1/teams/${id}/invitations`, { email: ' NewComer@Example.org', role: 'admin' }, 201);
    expect(body).toMatchObject({ team_id: id, email, role: 'admin', invited_by: admin.account.user_id, inviter_email: admin.account.email });
    expect(Math.round((Date.parse(body.expires_at) - Date.parse(body.created_at)) / 3_600_000)).toBe(7 * 24);
    expect(platform.sql(`SELECT count(*) FROM team_invitations WHERE token_hash = '${body.token}'`)).toBe('0');
    expect(await open(owner, id)).toMatchObject([{ id: body.id, email }]);
    expect(JSON.stringify(await open(owner, id))).not.toContain(body.token);
    const signed = (await platform.anonymous().post('/v1/auth/signup', { email, password: 'correct horse', name: 'New' }, 201)).body;
    const user = platform.anonymous().with({ Authorization: `Bearer ${signed.token}` });
    const received = (await user.get('/v1/me/invitations', 200)).body.items;
    expect(received).toMatchObject([{ id: body.id, team_id: id, team_name: 'Crew', role: 'admin', inviter_email: admin.account.email, needs_token: true }]);
    await user.refused('POST', `/v1/me/invitations/${body.id}/accept`, {}, 403, 'forbidden');
    await user.refused('POST', `/v1/me/invitations/${body.id}/accept`, { token: 'inv_wrong' }, 403, 'forbidden');
    expect((await user.post(`/v1/me/invitations/${body.id}/accept`, { token: body.token }, 200)).body).toMatchObject({ id, role: 'admin' });
    await (await inTeam(user, id)).patch(`/v1/teams/${id}`, { name: 'By the newcomer' }, 204);
    expect(await open(owner, id)).toEqual([]);
    expect(events(platform, id).slice(-3)).toEqual(['invitation/accept/success/admin', 'member/add/success/admin', 'team/rename/info/team']);
  });

  test('MB-1: an invitation is for its address alone, and is used once', async () => {
    const { id, owner } = await again();
    const user = await platform.newUser();
    const { body } = await owner.post(`/v1/teams/${id}/invitations`, { email: user.account.email }, 201);
    expect((await stranger.get('/v1/me/invitations', 200)).body.items).toEqual([]);
    await stranger.refused('POST', `/v1/me/invitations/${body.id}/accept`, { token: body.token }, 404, 'not_found');
    await stranger.refused('POST', `/v1/me/invitations/${body.id}/decline`, undefined, 404, 'not_found');
    const answers = await Promise.all(Array.from({ length: 6 }, () => user.post(`/v1/me/invitations/${body.id}/accept`, { token: body.token })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 404, 404, 404, 404, 404]);
    await owner.refused('POST', `/v1/teams/${id}/invitations`, { email: user.account.email }, 409, 'already_member');
  });

  test('MB-1: an invitation is declined, revoked, or simply ends', async () => {
    const { id, owner } = await again();
    const user = await platform.newUser();
    const invite = async () => (await owner.post(`/v1/teams/${id}/invitations`, { email: user.account.email }, 201)).body;
    const [first, second] = [await invite(), await invite()];
    await user.refused('POST', `/v1/me/invitations/${first.id}/accept`, { token: first.token }, 404, 'not_found');
    await user.post(`/v1/me/invitations/${second.id}/decline`, undefined, 204);
    const third = await invite();
    await owner.delete(`/v1/teams/${id}/invitations/${third.id}`, 204);
    await owner.refused('DELETE', `/v1/teams/${id}/invitations/${third.id}`, undefined, 404, 'not_found');
    await user.refused('POST', `/v1/me/invitations/${third.id}/accept`, { token: third.token }, 404, 'not_found');
    const fourth = await invite();
    platform.sql(`UPDATE team_invitations SET expires_at = now() WHERE id = '${uuidOf(fourth.id)}'`);
    await user.refused('POST', `/v1/me/invitations/${fourth.id}/accept`, { token: fourth.token }, 404, 'not_found');
    expect((await user.get('/v1/me/invitations', 200)).body.items).toEqual([]);
    expect(events(platform, id, 'invitation')).toEqual([
      'invitation/create/success/admin', 'invitation/create/success/admin', 'invitation/decline/info/admin',
      'invitation/create/success/admin', 'invitation/revoke/warning/admin', 'invitation/create/success/admin',
    ]);
  });

  test('MB-1: whose address is proved needs no token', async () => {
    const { id, owner } = await again();
    const user = await platform.newUser();
    platform.sql(`UPDATE users SET email_verified_at = now() WHERE id = '${uuidOf(user.account.user_id)}'`);
    const { body } = await owner.post(`/v1/teams/${id}/invitations`, { email: user.account.email }, 201);
    expect((await user.get('/v1/me/invitations', 200)).body.items[0].needs_token).toBe(false);
    await user.post(`/v1/me/invitations/${body.id}/accept`, {}, 200);
  });

  test('MB-1: nobody is invited as owner, nor by a bad address', async () => {
    for (const request of [{ email: 'a@b.io', role: 'owner' }, { email: 'a@b.io', role: 'x' }, { email: 'nobody' }, {}])
      await team.owner.refused('POST', `/v1/teams/${team.id}/invitations`, request, 400, 'invalid_request');
  });
});

describe('platform admins and teams', () => {
  let admin: Client;
  beforeAll(async () => {
    admin = await platform.signInAdmin();
  });

  test('AD-2, TM-9: a team gets hosts of its own, seen with the token it had before', async () => {
    const { id, owner, member } = await again();
    await owner.refused('POST', '/v1/hosts', { type: 'byoc', team_id: id }, 403, 'forbidden');
    await owner.refused('PUT', `/v1/admin/teams/${id}/byoc`, { enabled: true }, 403, 'forbidden');
    for (let time = 0; time < 2; ++time) await admin.putJson(`/v1/admin/teams/${id}/byoc`, { enabled: true }, 204);
    expect((await member.get(`/v1/teams/${id}`, 200)).body.team.is_byoc).toBe(true);
    expect((await owner.get('/v1/teams', 200)).body.items.find((one: Json) => one.id === id).is_byoc).toBe(true);
    await owner.post('/v1/hosts', { type: 'byoc', team_id: id }, 201);
    expect(events(platform, id, 'team').filter((event) => event.startsWith('team/set_byoc'))).toEqual(['team/set_byoc/info/admin']);
  });

  test('AD-2: the switch is one-way and for live teams', async () => {
    const { id, owner } = await again();
    for (const body of [{ enabled: false }, {}, { enabled: 'yes' }, []]) await admin.refused('PUT', `/v1/admin/teams/${id}/byoc`, body, 400, 'invalid_request');
    await admin.refused('PUT', '/v1/admin/teams/crew/byoc', { enabled: true }, 400, 'invalid_request');
    await admin.refused('PUT', `/v1/admin/teams/${unknownTeam}/byoc`, { enabled: true }, 404, 'not_found');
    await owner.delete(`/v1/teams/${id}`, 204);
    await admin.refused('PUT', `/v1/admin/teams/${id}/byoc`, { enabled: true }, 404, 'not_found');
    await admin.refused('PUT', '/v1/admin/teams/team-00000000-0000-0000-0000-000000000000/byoc', { enabled: true }, 403, 'forbidden');
  });

  test('TM-9: all teams are listed page by page and found by name, slug, id and owner', async () => {
    const { id, owner, admin: second } = await again();
    await owner.patch(`/v1/teams/${id}`, { name: 'Needle 100_x' }, 204);
    const { slug: own } = (await owner.get(`/v1/teams/${id}`, 200)).body.team;
    const found = async (search: string) => (await admin.get(`/v1/admin/teams?search=${encodeURIComponent(search)}`, 200)).body.items;
    for (const search of ['needle 100_', own, id]) expect((await found(search)).map((one: Json) => one.id)).toContain(id);
    expect(await found('needle%')).toEqual([]);
    expect((await found('needle 100'))[0]).toMatchObject({ owner: { user_id: owner.account.user_id, email: owner.account.email }, members: 3, sandboxes: 0, hosts: 0 });
    expect((await found(second.account.email)).map((one: Json) => one.id)).not.toContain(id);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await admin.get(`/v1/admin/teams?limit=7${cursor}`, 200);
      seen.push(...body.items.map((one: Json) => one.id));
      if (!body.next_cursor) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(Number(platform.sql("SELECT count(*) - 1 FROM teams")));
    await owner.refused('GET', '/v1/admin/teams', undefined, 403, 'forbidden');
  });

  test('ID-5: the platform’s team is nobody’s: not listed, switched to, renamed, joined or deleted', async () => {
    const id = 'team-00000000-0000-0000-0000-000000000000';
    expect((await admin.get('/v1/teams', 200)).body.items.map((one: Json) => one.id)).not.toContain(id);
    expect([403, 404]).toContain((await admin.post('/v1/auth/switch-team', { team_id: id })).status);
    await admin.refused('PATCH', `/v1/teams/${id}`, { name: 'Mine' }, 403, 'forbidden');
    await admin.refused('DELETE', `/v1/teams/${id}`, undefined, 403, 'forbidden');
    await admin.refused('DELETE', `/v1/admin/teams/${id}`, undefined, 403, 'forbidden');
    await admin.refused('POST', `/v1/teams/${id}/members`, { email: 'admin@example.org' }, 403, 'forbidden');
    expect((await admin.get('/v1/admin/teams', 200)).body.items.map((one: Json) => one.id)).not.toContain(id);
    const { body } = await team.member.get('/v1/templates');
    expect(JSON.stringify(body)).toContain('base');
  });
});
