// SPDX-License-Identifier: Apache-2.0
// Isolation is tested with packets: a listener that would answer, and a sandbox that tries.
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from './platform.js';

let platform: Platform;
let listener: Server;
let port: number;

beforeAll(async () => {
  platform = await Platform.start();
  listener = createServer((socket) => socket.end('reached'));
  await new Promise<void>((done) => listener.listen(0, '0.0.0.0', done));
  port = (listener.address() as { port: number }).port;
});

afterAll(async () => {
  listener?.close();
  await platform?.stop();
});

// Prints what the address sends, or how the attempt failed.
const attempt = (host: string, toPort: number) =>
  `python3 -c 'import socket\ntry:\n  print(socket.create_connection(("${host}", ${toPort}), 3).recv(20).decode())\nexcept OSError as e:\n  print("refused", e)'`;

test('a sandbox reaches no address of its host', async () => {
  const { id } = await platform.create();
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list!.filter((a) => a.family === 'IPv4').map((a) => a.address));
  for (const address of [...addresses.filter((a) => a !== '127.0.0.1'), '169.254.0.22'])
    for (const toPort of [port, platform.port, platform.agentPort])
      expect((await platform.sh(id, attempt(address, toPort))).stdout, `${address}:${toPort}`).toContain('refused');
  await platform.destroy(id);
});

test('a sandbox reaches no other sandbox', async () => {
  const [a, b] = await Promise.all([platform.create(), platform.create()]);
  await platform.api('POST', `/v1/sandboxes/${b.id}/exec`, { cmd: 'python3', args: ['-m', 'http.server', '8000', '--bind', '0.0.0.0'], background: true });
  const gateways = await platform.sh(a.id, 'ip -4 -o addr show eth0; ip route');
  expect(gateways.stdout).toContain('169.254.0.21');
  for (const neighbour of Object.values(networkInterfaces()).flatMap((l) => l!.filter((x) => x.family === 'IPv4').map((x) => x.address)))
    if (neighbour !== '127.0.0.1') expect((await platform.sh(a.id, attempt(neighbour, 8000))).stdout).toContain('refused');
  await Promise.all([platform.destroy(a.id), platform.destroy(b.id)]);
});

test('private, link-local and metadata ranges are closed', async () => {
  const { id } = await platform.create();
  for (const address of ['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '127.0.0.2'])
    expect((await platform.sh(id, attempt(address, 80))).stdout, address).toContain('refused');
  await platform.destroy(id);
});

test('a sandbox runs as nobody else: its emulator has a user of its own and few rights', async () => {
  const { readFileSync } = await import('node:fs');
  const both = await Promise.all([platform.create(), platform.create()]);
  const users = platform.pids('qemu-system-x86_64').map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/CapEff:\s+0000000000000000/);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).toMatch(/Seccomp:\s+2/);
    return /Uid:\s+(\d+)/.exec(status)![1];
  });
  expect(users.length).toBeGreaterThanOrEqual(2);
  expect(new Set(users).size).toBe(users.length);
  expect(users).not.toContain('0');
  await Promise.all(both.map(({ id }) => platform.destroy(id)));
});
