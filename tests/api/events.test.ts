// SPDX-License-Identifier: Apache-2.0
// Tickets for WebSockets, and the socket that tells what has changed.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { Socket } from './socket';
import { foundTeam, join, newKey, newTeam, uuidOf, type Team } from './team';

// No job changes sandboxes that have no host.
const platform = usePlatform({ settings: { SANDBAR_MONITOR_PERIOD: '1h' } });
let team: Team;
let admin: Client;

beforeAll(async () => {
  team = await newTeam(platform);
  admin = await platform.signInAdmin();
});

const again = () => foundTeam(team.owner, team.admin, team.member);
const ticketOf = async (client: Client): Promise<string> => (await client.post('/v1/ws-tickets', undefined, 201)).body.ticket;

/** As a browser opens it: with nothing but an address. */
function open(path: string, query: Record<string, string | number>, headers: Record<string, string> = {}): Promise<Socket> {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return Socket.open(new WebSocket(`${platform.url.replace('http', 'ws')}${path}?${text}`, { headers }));
}

async function listen(client: Client, query: Record<string, string | number> = {}): Promise<Socket> {
  const socket = await open('/v1/events', { ...query, ticket: await ticketOf(client) });
  await socket.frame('hello');
  return socket;
}

const changes = (socket: Socket, resource?: string): Json[] =>
  socket.frames.filter((frame) => frame.type === 'changed' && (!resource || frame.resource === resource));

const heard = (socket: Socket, wanted: Json): Promise<Json> =>
  waitFor(JSON.stringify(wanted), () => {
    const found = socket.frames.find((frame) => Object.entries(wanted).every(([name, value]) => JSON.stringify(frame[name]) === JSON.stringify(value)));
    if (!found) throw new Error(`heard: ${JSON.stringify(socket.frames)}, closed: ${JSON.stringify(socket.closed)}`);
    return found;
  });

/** A sandbox's row, without a host. */
function insertSandbox(team: string): string {
  const id = randomUUID();
  platform.sql(`INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb) VALUES ('${id}', '${uuidOf(team)}', 'base', 'paused', 1, 512, 1024)`);
  return id;
}
/** When this has been heard, everything before it has been too. */
async function mark(socket: Socket, team: string): Promise<void> {
  await heard(socket, { resource: 'sandbox', id: `sb-${insertSandbox(team)}` });
}

/** A transaction that changes the team's name; what is returned commits it. */
async function startRenaming(team: string): Promise<() => void> {
  const late = spawn('psql', [...platform.psqlArguments(), '-qtA'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = new Promise((done) => late.stdout.once('data', done));
  late.stdin.write(`BEGIN; UPDATE teams SET name = 'Late' WHERE id = '${uuidOf(team)}'; SELECT 'updated';\n`);
  await printed;
  return () => late.stdin.end('COMMIT;\n');
}

test('a ticket opens one socket', async () => {
  const { owner } = await again();
  const { body, headers } = await owner.post('/v1/ws-tickets', undefined, 201);
  expect(body.ticket).toMatch(/^[0-9a-f]{64}$/);
  expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(31_000);
  expect(headers.get('cache-control')).toBe('no-store');
  const socket = await open('/v1/events', { ticket: body.ticket });
  expect(await socket.frame('hello')).toMatchObject({ resumed: false });
  await expect(open('/v1/events', { ticket: body.ticket })).rejects.toThrow('status 401');
  expect(platform.sql(`SELECT count(*) FROM ws_tickets t WHERE t::text LIKE '%${body.ticket}%'`)).toBe('0');
});

test('a ticket opens the terminal of a sandbox', async () => {
  const { id } = await team.owner.sandbox();
  const socket = await open(`/v1/sandboxes/${id}/pty`, { ticket: await ticketOf(team.owner) });
  socket.send({ type: 'start', cmd: '/bin/sh', cols: 80, rows: 24 });
  await socket.frame('started');
  socket.close();
  const other = await open(`/v1/sandboxes/${id}/pty`, { ticket: await ticketOf(await platform.newUser()) });
  other.send({ type: 'start', cmd: '/bin/sh', cols: 80, rows: 24 });
  expect(await other.frame('error')).toMatchObject({ code: 'not_found' });
});

test('a ticket is good for sockets only', async () => {
  const { owner } = await again();
  const ticket = await ticketOf(owner);
  await owner.bare().refused('GET', `/v1/sandboxes?ticket=${ticket}`, undefined, 401, 'unauthorized');
  await expect(open('/v1/events', { ticket: 'f'.repeat(64) })).rejects.toThrow('status 401');
  await expect(open('/v1/events', { ticket: '' })).rejects.toThrow('status 401');
});

test('a ticket ends with its session, and after 30 seconds', async () => {
  const user = await platform.newUser();
  const late = await ticketOf(user);
  platform.sql(`UPDATE ws_tickets SET expires_at = now() WHERE user_id = '${uuidOf(user.account.user_id)}'`);
  await expect(open('/v1/events', { ticket: late })).rejects.toThrow('status 401');
  const ticket = await ticketOf(user);
  await user.post('/v1/auth/logout', undefined, 204);
  await expect(open('/v1/events', { ticket })).rejects.toThrow('status 401');
});

test('what may be done with a ticket is decided when it is used', async () => {
  const user = await platform.newUser();
  platform.sql(`UPDATE users SET is_admin = true WHERE id = '${uuidOf(user.account.user_id)}'`);
  const ticket = await ticketOf(user);
  platform.sql(`UPDATE users SET is_admin = false WHERE id = '${uuidOf(user.account.user_id)}'`);
  await expect(open('/v1/events', { ticket, scope: 'platform' })).rejects.toThrow('status 403');
});

test('tickets are bounded, and never in the log', async () => {
  const user = await platform.newUser();
  const ticket = await ticketOf(user);
  (await open('/v1/events', { ticket })).close();
  const answers = await Promise.all(Array.from({ length: 80 }, () => user.post('/v1/ws-tickets', undefined)));
  expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThan(10);
  expect(platform.control.log).not.toContain(ticket);
});

test('a page of another origin opens nothing, whatever ticket it has', async () => {
  const ticket = await ticketOf(team.owner);
  await expect(open('/v1/events', { ticket }, { Origin: 'https://evil.example.org' })).rejects.toThrow('status 403');
  const socket = await open('/v1/events', { ticket }, { Origin: platform.url });
  await socket.frame('hello');
});

test('the life of a sandbox is told as it happens', async () => {
  const socket = await listen(team.member);
  const { id } = await team.owner.sandbox();
  await heard(socket, { resource: 'sandbox', id, action: 'created' });
  await heard(socket, { resource: 'sandbox', id, action: 'updated', patch: { status: 'running' } });
  await team.owner.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await heard(socket, { resource: 'sandbox', id, patch: { status: 'paused' } });
  await team.owner.delete(`/v1/sandboxes/${id}`, 204);
  await heard(socket, { resource: 'sandbox', id, patch: { status: 'stopped' } });
  await heard(socket, { resource: 'audit', action: 'created' });
});

test('it is told within a moment', async () => {
  const { id, owner } = await again();
  const socket = await listen(owner);
  const delays: number[] = [];
  for (let i = 0; i < 10; i++) {
    const sandbox = insertSandbox(id);
    const begin = performance.now();
    await heard(socket, { id: `sb-${sandbox}` });
    delays.push(performance.now() - begin);
  }
  expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(400);
});

test('everything that pages show is told', async () => {
  const { id, owner } = await again();
  platform.sql(`UPDATE teams SET is_byoc = true WHERE id = '${uuidOf(id)}'`);
  const socket = await listen(owner);
  const key = await newKey(owner);
  await heard(socket, { resource: 'api_key', id: key.id, action: 'created' });
  await owner.delete(`/v1/api-keys/${key.id}`, 204);
  await heard(socket, { resource: 'api_key', id: key.id, action: 'deleted' });
  const host = (await owner.post('/v1/hosts', { type: 'byoc', team_id: id }, 201)).body.host.id;
  await heard(socket, { resource: 'host', id: host, action: 'created', patch: { status: 'pending' } });
  await owner.post(`/v1/hosts/${host}/tags`, { tag: 'gpu' }, 204);
  await heard(socket, { resource: 'host', id: host, action: 'updated' });
  await owner.delete(`/v1/hosts/${host}`, 204);
  await heard(socket, { resource: 'host', id: host, action: 'deleted' });
  await owner.patch(`/v1/teams/${id}`, { name: 'Band' }, 204);
  await heard(socket, { resource: 'team', id, action: 'updated' });
  const invitation = (await owner.post(`/v1/teams/${id}/invitations`, { email: 'nobody@example.org' }, 201)).body.id;
  await heard(socket, { resource: 'invitation', id: invitation, action: 'created' });
  const hook = (await owner.post('/v1/webhooks', { url: 'https://hooks.example.org/', events: ['*'] }, 201)).body.id;
  await heard(socket, { resource: 'webhook', id: hook, action: 'created' });
  const member = team.member.account.user_id;
  await owner.patch(`/v1/teams/${id}/members/${member}`, { role: 'admin' }, 204);
  await heard(socket, { resource: 'member', id: member, action: 'updated' });
  await owner.delete(`/v1/teams/${id}/members/${member}`, 204);
  await heard(socket, { resource: 'member', id: member, action: 'deleted' });
});

test('a host’s heartbeats and a key’s use are not told', async () => {
  const socket = await listen(admin, { scope: 'platform' });
  const { id, owner } = await again();
  const key = await newKey(owner);
  platform.sql(`UPDATE team_api_keys SET last_used = now(); UPDATE hosts SET last_heartbeat_at = now(), running = running + 1; UPDATE user_sessions SET last_seen_at = now()`);
  await mark(socket, id);
  expect(changes(socket, 'api_key').filter((change) => change.id === key.id && change.action === 'updated')).toEqual([]);
  expect(changes(socket, 'host').filter((change) => change.action === 'updated')).toEqual([]);
});

test('a team hears nothing of another one, platform admins hear of all', async () => {
  const mine = await again();
  const socket = await listen(mine.owner);
  const all = await listen(admin, { scope: 'platform' });
  await mark(socket, mine.id);
  const before = changes(socket).length;
  const other = await platform.newUser();
  await heard(all, { resource: 'user', id: other.account.user_id, action: 'created' });
  await newKey(other);
  await mark(all, other.account.team_id);
  await mark(socket, mine.id);
  expect(changes(socket).slice(before)).toHaveLength(1);
  const sandbox = insertSandbox(other.account.team_id);
  await heard(all, { resource: 'sandbox', id: `sb-${sandbox}` });
  await expect(listen(other, { scope: 'platform' })).rejects.toThrow('status 403');
});

test('members hear of no entry that is for owners and admins', async () => {
  const { id, owner, admin: manager, member } = await again();
  const [ofMember, ofManager] = [await listen(member), await listen(manager)];
  await mark(ofMember, id);
  const before = changes(ofMember).length;
  await owner.post(`/v1/teams/${id}/invitations`, { email: 'somebody@example.org' }, 201);
  await heard(ofManager, { resource: 'invitation', action: 'created' });
  await heard(ofManager, { resource: 'audit', action: 'created' });
  await mark(ofMember, id);
  expect(changes(ofMember).slice(before).map((change) => change.resource)).toEqual(['sandbox']);
});

test('a key hears of what keys can ask for', async () => {
  const { id, owner } = await again();
  const { client } = await newKey(owner, { scopes: ['read'] });
  const socket = await listen(client);
  await newKey(owner);
  await owner.patch(`/v1/teams/${id}`, { name: 'Keys' }, 204);
  await mark(socket, id);
  expect(new Set(changes(socket).map((change) => change.resource))).toEqual(new Set(['sandbox']));
  const writer = await newKey(owner, { scopes: ['sandboxes'] });
  await writer.client.refused('POST', '/v1/ws-tickets', undefined, 401, 'unauthorized');
});

test('who returns is told what was missed, and nothing else', async () => {
  const { id, owner } = await again();
  const [first, witness] = [await listen(owner), await listen(owner)];
  await mark(first, id);
  const since = changes(first).at(-1)!.seq;
  first.close();
  const missed = [insertSandbox(id), insertSandbox(id)].map((one) => `sb-${one}`);
  await heard(witness, { id: missed[1] });
  const back = await listen(owner, { since });
  expect(await back.frame('hello')).toMatchObject({ resumed: true });
  await mark(back, id);
  expect(changes(back).map((change) => change.id).slice(0, 2)).toEqual(missed);
  expect(changes(back)).toHaveLength(3);
});

test('who was away for too long is told so', async () => {
  const { id, owner } = await again();
  const witness = await listen(owner);
  await mark(witness, id);
  const since = changes(witness).at(-1)!.seq;
  platform.sql(`INSERT INTO changes (team_id, resource, id, action) SELECT '${uuidOf(id)}', 'sandbox', gen_random_uuid(), 'updated' FROM generate_series(1, 1001)`);
  await mark(witness, id);
  expect(changes(witness).filter((change) => change.action === 'updated')).toHaveLength(1001);
  for (const old of [since, 999_999_999]) {
    const back = await listen(owner, { since: old });
    expect(await back.frame('hello')).toMatchObject({ resumed: false });
  }
});

test('what commits late is told in the end, and first', async () => {
  const { id, owner } = await again();
  const socket = await listen(owner);
  await mark(socket, id);
  const before = changes(socket).length;
  const commit = await startRenaming(id);
  const early = insertSandbox(id);
  commit();
  await heard(socket, { id: `sb-${early}` });
  expect(changes(socket).slice(before, before + 2).map((change) => change.id)).toEqual([id, `sb-${early}`]);
});

const ends: [string, (team: Team, user: Client) => Promise<unknown>][] = [
  ['its session', (_team, user) => user.post('/v1/auth/logout', undefined, 204)],
  ['the membership', (team, user) => team.owner.delete(`/v1/teams/${team.id}/members/${user.account.user_id}`, 204)],
  ['the user', async (_team, user) => platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${uuidOf(user.account.user_id)}'`)],
];
for (const [what, end] of ends)
  test(`a socket ends soon after ${what} does`, async () => {
    const its = await again();
    const user = await join(its, await platform.newUser());
    const socket = await listen(user);
    await end(its, user);
    await socket.end(8000);
  });

test('a removed member is told of it before the socket ends', async () => {
  const its = await again();
  const user = await join(its, await platform.newUser());
  const socket = await listen(user);
  await its.owner.delete(`/v1/teams/${its.id}/members/${user.account.user_id}`, 204);
  await heard(socket, { resource: 'member', id: user.account.user_id, action: 'deleted' });
});

test('and if the change is late, the end is too', async () => {
  const its = await again();
  const other = await again();
  const user = await join(its, await platform.newUser());
  const socket = await listen(user);
  const commit = await startRenaming(other.id);
  await its.owner.delete(`/v1/teams/${its.id}/members/${user.account.user_id}`, 204);
  // A socket is looked after every three seconds.
  const begin = Date.now();
  await waitFor('an end, or four seconds', () => socket.closed ?? Date.now() > begin + 4000);
  insertSandbox(its.id);
  commit();
  expect((await socket.end(8000)).code).toBe(1008);
  // What came before may be late as well, for whatever else runs in this cluster.
  expect(changes(socket).at(-1)).toMatchObject({ resource: 'member', id: user.account.user_id, action: 'deleted' });
  expect(changes(socket, 'sandbox')).toEqual([]);
});

test('a socket of a revoked key ends', async () => {
  const { owner } = await again();
  const key = await newKey(owner);
  const socket = await listen(key.client);
  await owner.delete(`/v1/api-keys/${key.id}`, 204);
  expect((await socket.end(8000)).code).toBe(1008);
});

test('all sockets hear of the same things in the same order, whatever thread they are on', async () => {
  const { id, owner } = await again();
  const sockets = await Promise.all(Array.from({ length: 8 }, () => listen(owner)));
  for (let i = 0; i < 20; i++) insertSandbox(id);
  const made = (socket: Socket) => changes(socket, 'sandbox').filter((change) => change.action === 'created').map((change) => change.id);
  const ids = await Promise.all(sockets.map((socket) => waitFor('all have come', () => (made(socket).length === 20 ? made(socket) : null))));
  for (const one of ids) expect(one).toEqual(ids[0]);
  sockets.forEach((socket) => socket.close());
});

test('control ends in good time although sockets are open, and they come back', async () => {
  const { owner } = await again();
  const socket = await listen(owner);
  const begin = Date.now();
  await platform.control.stop();
  expect(Date.now() - begin).toBeLessThan(8000);
  await socket.end();
  await platform.startControl();
  const { seq } = await socket.frame('hello');
  const back = await listen(owner, { since: seq });
  expect(await back.frame('hello')).toMatchObject({ resumed: true });
});
