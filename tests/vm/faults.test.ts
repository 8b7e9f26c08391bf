// SPDX-License-Identifier: Apache-2.0
// Everything is killed at random moments while sandboxes work. Afterwards every row must tell the truth and nothing may
// be left over. The seed is printed, so that a failure can be repeated: SANDBAR_SEED=… ./dev test vm -- faults
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '@sandbar/test-lib';
import { Platform, type Sandbox } from './platform.js';

const seed = Number(process.env.SANDBAR_SEED ?? Date.now() % 1_000_000);
let state = seed;
function random(below: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

const counter = 'n=0; while :; do n=$((n+1)); echo $n > /dev/shm/count.new; mv /dev/shm/count.new /dev/shm/count; sleep 0.3; done';

const count = async (id: string) => Number((await platform.sh(id, 'cat /dev/shm/count')).stdout);

// It has counted, so that a sandbox without a count is one that lost its memory.
async function startWorking(): Promise<string> {
  const { id } = await platform.create();
  await platform.api('POST', `/v1/sandboxes/${id}/exec`, { cmd: '/bin/sh', args: ['-c', counter], background: true });
  await waitFor(`${id} counts`, async () => (await count(id)) > 0);
  return id;
}

// One random thing that a user or fate does. Answers may be errors: what counts is the state at the end.
async function disturb(ids: string[], killedQemu: Set<number>): Promise<void> {
  const id = ids[random(ids.length)];
  const kill = (name: 'sandbar-control' | 'sandbar-agent' | 'postgres' | 'qemu-system-x86_64') => {
    const pids = platform.pids(name);
    if (!pids.length) return;
    const pid = pids[name === 'qemu-system-x86_64' ? random(pids.length) : 0];
    if (name === 'qemu-system-x86_64') killedQemu.add(pid);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended by itself meanwhile
    }
  };
  const deeds = [
    () => kill('sandbar-control'),
    () => kill('sandbar-agent'),
    () => kill('postgres'),
    () => (killedQemu.size < 3 ? kill('qemu-system-x86_64') : undefined),
    () => platform.request('POST', `/v1/sandboxes/${id}/pause`).catch(() => {}),
    () => platform.request('POST', `/v1/sandboxes/${id}/resume`).catch(() => {}),
    () => platform.sh(id, 'cat /dev/shm/count', 5).catch(() => {}),
  ];
  const deed = deeds[random(deeds.length)]();
  if (random(2)) await deed; // else the next one comes while this one is at work
}

test(`after ${20} random faults (seed ${seed}) every row tells the truth and nothing leaks`, async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, startWorking));
  const killedQemu = new Set<number>();
  for (let i = 0; i < 20; ++i) await disturb(ids, killedQemu);

  await waitFor('control is ready', async () => (await fetch(`http://127.0.0.1:${platform.port}/readyz`)).ok, 60_000);
  const settled = await waitFor('all rows are settled', async () => {
    const rows: Sandbox[] = await Promise.all(ids.map((id) => platform.sandbox(id)));
    const restless = rows.filter((row) => !['running', 'paused', 'stopped', 'error'].includes(row.status));
    if (restless.length) throw new Error(restless.map((row) => row.status).join());
    const running = rows.filter((row) => row.status === 'running').length;
    const machines = platform.sandboxMachines();
    if (running !== machines) throw new Error(`${running} rows say running, ${machines} machines run`);
    return rows;
  }, 150_000);

  const lost = settled.filter((row) => row.status === 'stopped' || row.status === 'error');
  expect(lost.length, 'only sandboxes whose VM was killed may be gone').toBeLessThanOrEqual(killedQemu.size);
  for (const row of settled.filter((r) => r.status === 'paused')) await platform.api('POST', `/v1/sandboxes/${row.id}/resume`);
  const alive = settled.filter((row) => row.status === 'running' || row.status === 'paused');
  for (const row of alive) {
    const before = await count(row.id);
    expect(before, `${row.id} remembers`).toBeGreaterThan(0);
    await waitFor(`${row.id} still counts`, async () => (await count(row.id)) > before);
  }
  await waitFor('each has one machine', () => platform.sandboxMachines() === alive.length);

  for (const row of settled) await platform.destroy(row.id);
  await waitFor('all machines are gone', () => platform.sandboxMachines() === 0);
  await waitFor('all files are gone', () => readdirSync(join(platform.state, 'sandboxes')).length === 0);
}, 600_000);
