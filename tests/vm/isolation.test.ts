// SPDX-License-Identifier: Apache-2.0
// Isolation is tested with packets: a listener that would answer, and a sandbox that tries.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '@sandbar/test-lib';
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

type Address = [host: string, port: number];

// Tries all of them at once, and prints for each what it sends, or how the attempt failed.
const attempts = (targets: Address[]) => `python3 - <<'END'
import concurrent.futures, json, socket
def attempt(target):
  try:
    return socket.create_connection(target, 1.5).recv(20).decode()
  except OSError as e:
    return "refused: %s" % e
targets = [tuple(one) for one in json.loads('${JSON.stringify(targets)}')]
with concurrent.futures.ThreadPoolExecutor(len(targets)) as threads:
  print(json.dumps(list(threads.map(attempt, targets))))
END`;

async function tried(id: string, targets: Address[]): Promise<string[]> {
  return JSON.parse((await platform.sh(id, attempts(targets))).stdout);
}

async function expectClosed(id: string, targets: Address[]): Promise<void> {
  const outcomes = await tried(id, targets);
  expect(outcomes).toHaveLength(targets.length);
  targets.forEach(([host, toPort], at) => expect(outcomes[at], `${host}:${toPort}`).toMatch(/^refused: /));
}

// The address after this one.
const next = (address: string) => address.replace(/\d+$/, (last) => String(Number(last) + 1));

test('a sandbox reaches no address of its host', async () => {
  const { id } = await platform.create();
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list!.filter((a) => a.family === 'IPv4').map((a) => a.address));
  const foreign = [...addresses.filter((a) => a !== '127.0.0.1'), '169.254.0.22'];
  await expectClosed(id, foreign.flatMap((address) => [port, platform.port].map((toPort): Address => [address, toPort])));
  await platform.destroy(id);
});

test('a sandbox reaches no other sandbox', async () => {
  const [a, b] = await Promise.all([platform.create(), platform.create()]);
  const server = 'import socket\ns = socket.create_server(("0.0.0.0", 8000))\nwhile True:\n  c = s.accept()[0]\n  c.sendall(b"neighbour")\n  c.close()';
  await platform.api('POST', `/v1/sandboxes/${b.id}/exec`, { cmd: 'python3', args: ['-c', server], background: true });
  await waitFor('the neighbour listens', async () => (await tried(b.id, [['127.0.0.1', 8000]]))[0] === 'neighbour');
  // Each sandbox has the host's end of its own link and the address after it.
  const hostEnds = Object.entries(networkInterfaces()).filter(([name]) => name.startsWith('sb'));
  const neighbours = hostEnds.flatMap(([, list]) => list!.filter((x) => x.family === 'IPv4').map((x) => x.address));
  expect(neighbours.length).toBeGreaterThanOrEqual(2);
  await expectClosed(a.id, neighbours.map((neighbour): Address => [next(neighbour), 8000]));
  await Promise.all([platform.destroy(a.id), platform.destroy(b.id)]);
});

test('private, link-local and metadata ranges are closed', async () => {
  const { id } = await platform.create();
  const ranges = ['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1'];
  await expectClosed(id, ranges.map((address): Address => [address, 80]));
  await platform.destroy(id);
});

test('a sandbox runs as nobody else: its emulator has a user of its own and few rights', async () => {
  const both = await Promise.all([platform.create(), platform.create()]);
  const confinedUserOf = (pid: number) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/CapEff:\s+0000000000000000/);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).toMatch(/Seccomp:\s+2/);
    return /Uid:\s+(\d+)/.exec(status)![1];
  };
  for (const { id } of both) confinedUserOf(platform.machineOf(id));
  // One that is made ahead of need is confined a moment after its start, before it has a guest.
  await waitFor('all machines are confined, each as a user of its own', () => {
    const users = platform.pids('qemu-system-x86_64').map(confinedUserOf);
    expect(new Set(users).size).toBe(users.length);
    expect(users).not.toContain('0');
    return users.length >= both.length;
  });
  await Promise.all(both.map(({ id }) => platform.destroy(id)));
});
