// SPDX-License-Identifier: Apache-2.0
// Hosts that nobody can call: their agents listen on no port and connect to control, and everything that control asks of a
// host goes back over those connections, from each process of control.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { freePort, program, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { Agent, signedInAdmin } from './agents';
import { Client, type Json } from './client';
import { Platform } from './platform';
import { RunningProgram } from './program';
import { channels } from './socket';

const platform = new Platform();
let admin: Client;
let key: Client;
let agent: Agent;
let second: RunningProgram;
let secondKey: Client;
let settings: Record<string, string>;

beforeAll(async () => {
  const [one, two] = [await freePort(), await freePort()];
  const common = { SANDBAR_REPLICA_PERIOD: '200ms', SANDBAR_MONITOR_PERIOD: '500ms', SANDBAR_HOST_STALE_AFTER: '3s' };
  const at = (port: number) => ({ SANDBAR_LISTEN: `127.0.0.1:${port}`, SANDBAR_TUNNEL_URL: `http://127.0.0.1:${port}` });
  settings = { ...common, ...at(one) };
  await platform.start({ hosts: 0, settings });
  const env = { ...platform.environment, ...common, ...at(two) };
  second = new RunningProgram('sandbar-control', program('sandbar-control'), [], env, platform.temporary);
  await second.printed(/listening on/);
  admin = await signedInAdmin(platform);
  key = platform.asAdmin();
  secondKey = new Client(`http://127.0.0.1:${two}`, { 'X-API-Key': platform.admin.api_key });
  // One that does not pause everything while a control is away: what is tried here is the connections.
  agent = await Agent.start(platform, admin, { tunnel: true, settings: { SANDBAR_ISOLATION_FAILURES: '1000' } });
});

afterAll(async () => {
  await agent.remove();
  await second.stop();
  await platform.stop();
});

const at = (id: string, path: string) => `/v1/sandboxes/${id}/files?path=${encodeURIComponent(path)}`;

/** Ports that the process listens on. */
function listening(pid: number): string[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try { return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/socket:\[(\d+)\]/)?.[1]; } catch { return undefined; }
  }));
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1));
  return lines.map((line) => line.trim().split(/\s+/)).filter((f) => f[3] === '0A' && inodes.has(f[9])).map((f) => f[1]);
}

test('HT-1: an agent without an address listens nowhere, and its host is online', async () => {
  expect(listening(agent.process.pid)).toEqual([]);
  expect(await agent.view()).toMatchObject({ address: 'tunnel', status: 'online' });
});

test('commands, files and terminals work over the agent\'s own connections', async () => {
  const { id } = await key.sandbox();
  expect((await key.exec(id, 'echo', 'hello')).stdout).toBe('hello\n');
  const bytes = randomBytes(3_000_000);
  await key.put(at(id, 'large.bin'), bytes, 200);
  expect((await key.get(at(id, 'large.bin'), 200)).body.equals(bytes)).toBe(true);
  const socket = await key.socket(`/v1/sandboxes/${id}/pty`);
  socket.send({ type: 'start', cmd: '/bin/sh', cols: 80, rows: 24 });
  await socket.frame('started');
  socket.sendBytes(channels.stdin, 'stty size\n');
  await socket.printed(channels.pty, '24 80');
  socket.sendBytes(channels.stdin, 'exit 3\n');
  expect(await socket.frame('exit')).toMatchObject({ exit_code: 3 });
  await key.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await key.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  await key.delete(`/v1/sandboxes/${id}`, 204);
});

test('many requests at once do not wait for each other', async () => {
  const { id } = await key.sandbox();
  await key.exec(id, 'mkfifo', 'go');
  const slow = Array.from({ length: 30 }, (_, i) => key.post(`/v1/sandboxes/${id}/exec`, { cmd: 'sh', args: ['-c', `cat go; echo ${i}`] }, 200));
  await waitFor('all of them run', async () =>
    (await key.get(`/v1/sandboxes/${id}/processes`)).body.items.filter((one: Json) => one.cmd === 'sh').length === 30, 25_000);
  expect((await key.exec(id, 'echo', 'quick')).stdout).toBe('quick\n');
  await key.exec(id, 'sh', '-c', ': > go');
  const outputs = (await Promise.all(slow)).map(({ body }) => body.stdout);
  expect(outputs).toEqual(Array.from({ length: 30 }, (_, i) => `${i}\n`));
  await key.delete(`/v1/sandboxes/${id}`, 204);
});

test('each process of control reaches the host by itself', async () => {
  const { id } = await secondKey.sandbox();
  for (const client of [key, secondKey, key, secondKey]) expect((await client.exec(id, 'echo', 'x')).stdout).toBe('x\n');
  await key.delete(`/v1/sandboxes/${id}`, 204);
});

test('the agent connects again to a control that was killed, and nothing is lost', async () => {
  const { id } = await key.sandbox();
  platform.control.kill();
  await platform.control.ended();
  expect((await secondKey.exec(id, 'echo', 'other')).stdout).toBe('other\n');
  await platform.startControl(settings);
  await waitFor('the first one reaches it again', async () => {
    const answer = await key.post(`/v1/sandboxes/${id}/exec`, { cmd: 'true' });
    return answer.status === 200;
  });
  await key.delete(`/v1/sandboxes/${id}`, 204);
});

test('an agent that is killed is back with its sandboxes as soon as it runs', async () => {
  const { id } = await key.sandbox();
  agent.process.kill();
  await agent.process.ended();
  await agent.becomes('unreachable');
  agent.run();
  await agent.becomes('online');
  await waitFor('the sandbox is back', async () => (await key.get(`/v1/sandboxes/${id}`)).body.status === 'running');
  expect((await key.exec(id, 'echo', 'back')).stdout).toBe('back\n');
  await key.delete(`/v1/sandboxes/${id}`, 204);
});

test('only a host brings connections for itself, and only if it has no address', async () => {
  const path = `/v1/hosts/${agent.id}/tunnel`;
  const upgrade = (headers: Record<string, string>, where = path) => new Promise<number>((done) => {
    const raw = new WebSocket(platform.url.replace('http', 'ws') + where, { headers });
    raw.on('unexpected-response', (_request, response) => done(response.statusCode!));
    raw.on('error', () => done(0));
  });
  const token = JSON.parse(readFileSync(`${agent.state}/credentials.json`, 'utf8')).token;
  expect(await upgrade({})).toBe(401);
  expect(await upgrade({ 'X-API-Key': platform.admin.api_key })).toBe(401);
  expect(await upgrade({ 'X-Host-Token': token })).toBe(400); // a WebSocket is not what is expected
  const other = path.replace(/host-[^/]+/, 'host-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11');
  expect(await upgrade({ 'X-Host-Token': token }, other)).toBe(403);
});
