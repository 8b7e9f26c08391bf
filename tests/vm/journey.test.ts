// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '@sandbar/test-lib';
import { networkThings, Platform } from './platform.js';

let platform: Platform;
let linksBefore: string[];

beforeAll(async () => {
  linksBefore = networkThings();
  platform = await Platform.start();
});

afterAll(async () => {
  await platform?.stop();
});

test('a second `up` on the same state only says where everything is', async () => {
  const again = await platform.up();
  expect(again.code).toBe(0);
  expect(again.stdout.toString()).toContain(String(platform.port));
  expect(platform.pids('sandbar-agent')).toHaveLength(1);
});

test('run prints what the program prints, and nothing else', async () => {
  const answer = await platform.cli('run', '--', 'python3', '-c', 'print(6*7)');
  expect(answer.stderr.toString()).toBe('');
  expect(answer.stdout.toString()).toBe('42\n');
  expect(answer.code).toBe(0);
});

test('the base template has what people expect', async () => {
  const { id } = await platform.create();
  const shell = await platform.sh(
    id,
    'id -un; pwd; sudo -n id -u; for c in bash git curl python python3 node tput ps; do command -v $c >/dev/null || echo "no $c"; done; test -s /etc/ssl/certs/ca-certificates.crt && echo certificates',
  );
  expect(shell.stdout).toBe('user\n/home/user\n0\ncertificates\n');
  await platform.destroy(id);
});

test('under the emulator programs have the same addresses each time, until random ones are asked for', async () => {
  const { id } = await platform.create();
  const twice = 'for i in 1 2; do grep -m1 stack /proc/self/maps | cut -d- -f1; done';
  const placed = async () => new Set((await platform.sh(id, twice)).stdout.split('\n').filter(Boolean)).size;
  const { stdout: kernel } = await platform.sh(id, 'cat /proc/cmdline');
  expect(await placed()).toBe(kernel.includes('norandmaps') ? 1 : 2);
  await platform.sh(id, 'sudo sysctl kernel.randomize_va_space=2');
  expect(await placed()).toBe(2);
  await platform.destroy(id);
});

test('two sandboxes of one template draw different random numbers and know the time', async () => {
  const both = await Promise.all([platform.create(), platform.create()]);
  const script = 'head -c 16 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/uuid; date +%s';
  const [a, b] = await Promise.all(both.map(({ id }) => platform.sh(id, script)));
  const [randomA, uuidA, timeA] = a.stdout.split('\n');
  const [randomB, uuidB] = b.stdout.split('\n');
  expect(randomA).not.toBe(randomB);
  expect(uuidA).not.toBe(uuidB);
  expect(Math.abs(Number(timeA) - Date.now() / 1000)).toBeLessThan(10);
  await Promise.all(both.map(({ id }) => platform.destroy(id)));
});

test('a paused sandbox resumes after the agent was killed, with its processes going on where they were', async () => {
  const { id } = await platform.create();
  const started = await platform.api('POST', `/v1/sandboxes/${id}/exec`, {
    cmd: '/bin/sh',
    args: ['-c', 'n=0; while :; do n=$((n+1)); echo $n > /tmp/count.new; mv /tmp/count.new /tmp/count; sleep 0.2; done'],
    background: true,
  });
  await waitFor('the counter runs', async () => Number((await platform.sh(id, 'cat /tmp/count')).stdout) > 3);
  await platform.api('POST', `/v1/sandboxes/${id}/pause`);

  const [agent] = platform.pids('sandbar-agent');
  process.kill(agent, 'SIGKILL');
  await waitFor('another agent runs', () => platform.pids('sandbar-agent').some((pid) => pid !== agent));

  await waitFor('it can be resumed', async () => (await platform.request('POST', `/v1/sandboxes/${id}/resume`)).ok, 60_000);
  const listed = await platform.api('GET', `/v1/sandboxes/${id}/processes`);
  expect(listed.items.map((p: { pid: number }) => p.pid)).toContain(started.pid);
  const before = Number((await platform.sh(id, 'cat /tmp/count')).stdout);
  expect(before).toBeGreaterThan(3);
  await waitFor('the counter goes on', async () => Number((await platform.sh(id, 'cat /tmp/count')).stdout) > before);
  await platform.destroy(id);
});

test('a sandbox that was just paused goes on in its machine, and from what was stored if that is gone', async () => {
  const { id } = await platform.create();
  await platform.sh(id, 'echo kept > /dev/shm/word; nohup sh -c "cd /dev/shm; while :; do date +%s > new; mv new now; sleep 0.2; done" > /dev/null 2>&1 &');
  const state = async () => {
    const [word, clock, written] = (await platform.sh(id, 'sleep 0.5; cat /dev/shm/word; date +%s; cat /dev/shm/now')).stdout.split('\n');
    expect(word).toBe('kept');
    expect(Math.abs(Number(clock) - Date.now() / 1000)).toBeLessThan(3);
    expect(Math.abs(Number(clock) - Number(written))).toBeLessThan(2);
  };
  const machine = platform.machineOf(id);
  await platform.api('POST', `/v1/sandboxes/${id}/pause`);
  await waitFor('it runs no more', () => platform.sandboxMachines() === 0);
  await platform.api('POST', `/v1/sandboxes/${id}/resume`);
  expect(platform.machineOf(id)).toBe(machine);
  await state();

  await platform.api('POST', `/v1/sandboxes/${id}/pause`);
  process.kill(machine, 'SIGKILL');
  await platform.api('POST', `/v1/sandboxes/${id}/resume`);
  expect(platform.machineOf(id)).not.toBe(machine);
  await state();
  await platform.destroy(id);
});

test('a running sandbox survives the death of the agent and of control', async () => {
  const { id } = await platform.create();
  await platform.sh(id, 'echo still here > /tmp/word');
  for (const name of ['sandbar-agent', 'sandbar-control'] as const) {
    const [pid] = platform.pids(name);
    process.kill(pid, 'SIGKILL');
    await waitFor(`another ${name} runs`, () => platform.pids(name).some((other) => other !== pid));
  }
  await waitFor('it answers', async () => (await platform.sh(id, 'cat /tmp/word')).stdout === 'still here\n', 60_000);
  await platform.destroy(id);
});

test('a sandbox takes a machine that was made ahead, of which a killed agent leaves none behind', async () => {
  const machines = () => platform.pids('qemu-system-x86_64');
  const taken = await waitFor('a sandbox is a machine that ran before', async () => {
    const ahead = machines();
    const { id } = await platform.create({ network: { egress: 'deny' } });
    if (ahead.includes(platform.machineOf(id))) return id;
    await platform.destroy(id);
  }, 60_000);
  expect((await platform.sh(taken, 'echo $SANDBAR_SANDBOX_ID')).stdout).toBe(`${taken}\n`);
  expect((await platform.sh(taken, 'curl --silent --max-time 2 http://1.1.1.1')).exit_code).not.toBe(0);
  await platform.destroy(taken);

  await waitFor('another is made', () => platform.parked().length > 0 && machines().length > 0);
  const [agent] = platform.pids('sandbar-agent');
  process.kill(agent, 'SIGKILL');
  const left = machines();
  await waitFor('another agent has put all of them away', () =>
    platform.pids('sandbar-agent').some((pid) => pid !== agent) && !machines().some((pid) => left.includes(pid)));
  await waitFor('it makes its own', () => machines().length > 0 && platform.sandboxMachines() === 0);
});

test('a snapshot of a running sandbox carries memory and disk, and can be snapshotted again', async () => {
  const { id } = await platform.create();
  await platform.sh(id, 'echo one > /home/user/disk; mkdir -p /dev/shm/m; echo one > /dev/shm/m/memory');
  const first = await platform.api('POST', '/v1/snapshots', { sandbox_id: id, name: 'first' });
  expect((await platform.sandbox(id)).status).toBe('running');
  await platform.sh(id, 'echo changed > /home/user/disk');

  const child = await platform.create({ template: 'first' });
  expect((await platform.sh(child.id, 'cat /home/user/disk /dev/shm/m/memory')).stdout).toBe('one\none\n');

  // Somebody may want another: the next one takes a machine that was made ahead, and has not run before.
  const machines = () => platform.pids('qemu-system-x86_64').filter((pid) => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(first.id));
  await waitFor('one is made ahead of need', () => machines().length > 1);
  const sibling = await waitFor('one that was made ahead is taken', async () => {
    const ahead = machines();
    const made = await platform.create({ template: 'first' });
    if (ahead.includes(platform.machineOf(made.id))) return made;
    await platform.destroy(made.id);
    throw new Error('it was not ready yet');
  });
  expect((await platform.sh(sibling.id, 'cat /home/user/disk /dev/shm/m/memory')).stdout).toBe('one\none\n');
  await platform.destroy(sibling.id);

  await platform.sh(child.id, 'echo two >> /home/user/disk; echo two >> /dev/shm/m/memory');
  await platform.api('POST', '/v1/snapshots', { sandbox_id: child.id, name: 'second' });

  const grandchild = await platform.create({ template: 'second' });
  expect((await platform.sh(grandchild.id, 'cat /home/user/disk /dev/shm/m/memory')).stdout).toBe('one\ntwo\none\ntwo\n');
  for (const sandbox of [id, child.id, grandchild.id]) await platform.destroy(sandbox);
  for (const name of ['second', 'first']) expect((await platform.request('DELETE', `/v1/snapshots/${name}`)).status).toBe(204);
});

test('a sandbox that asks for a larger disk has it, and so has what is made from it', async () => {
  const size = async (id: string) => Number((await platform.sh(id, 'df --output=size -m / | tail -1')).stdout);
  const small = await platform.create();
  const { id } = await platform.create({ disk_mb: 6144 });
  expect(await size(small.id)).toBeLessThan(4097);
  expect(await size(id)).toBeGreaterThan(5800);
  await platform.sh(id, 'fallocate -l 4500M /home/user/blob && rm /home/user/blob && echo kept > /home/user/word');
  await platform.api('POST', `/v1/sandboxes/${id}/pause`);
  await platform.api('POST', `/v1/sandboxes/${id}/resume`);
  await platform.api('POST', '/v1/snapshots', { sandbox_id: id, name: 'large' });
  const child = await platform.create({ template: 'large' });
  expect(await size(child.id)).toBeGreaterThan(5800);
  expect((await platform.sh(child.id, 'cat /home/user/word')).stdout).toBe('kept\n');
  for (const sandbox of [small.id, id, child.id]) await platform.destroy(sandbox);
  expect((await platform.request('DELETE', '/v1/snapshots/large')).status).toBe(204);
});

test('an idle sandbox pauses by itself when its time is over, and the audit says so', async () => {
  const { id } = await platform.create({ timeout_sec: 3 });
  await platform.waitForStatus(id, 'paused');
  const entries = await waitFor('the audit entry', async () => {
    const { items } = await platform.audit('resource_type=sandbox&action=pause');
    const ours = items.filter((item) => item.resource_id === id);
    return ours.length ? ours : undefined;
  });
  expect(entries).toMatchObject([{ actor_type: 'system', status: 'info' }]);
  await platform.destroy(id);
});

test('a big file goes in and comes out unchanged', async () => {
  const { id } = await platform.create();
  const size = 64 * 1024 * 1024;
  const bytes = Buffer.alloc(size, 'sandbar ');
  bytes.writeUInt32LE(0xdeadbeef, size - 4);
  const put = await fetch(`http://127.0.0.1:${platform.port}/v1/sandboxes/${id}/files?path=/tmp/big`, {
    method: 'PUT',
    headers: { 'X-API-Key': platform.admin.api_key },
    body: bytes,
  });
  expect(put.status).toBe(200);
  const got = await platform.request('GET', `/v1/sandboxes/${id}/files?path=/tmp/big`);
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  await platform.destroy(id);
});

test('a fork bomb and a memory hog leave the sandbox usable', async () => {
  const { id } = await platform.create();
  const bomb = platform.sh(id, "timeout 8 python3 -c 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass' ; true", 30);
  const counts = async () =>
    (await platform.sh(id, 'cd /sys/fs/cgroup; cat sandbox/pids.current ".$(cut -d: -f3 /proc/self/cgroup)/pids.current"')).stdout.trim().split('\n').map(Number);
  const [, ours] = await waitFor(
    'the bomb has gone off, and commands are answered',
    async () => {
      const seen = await counts();
      return seen[0] > 50 && seen;
    },
    30_000,
  );
  expect(ours).toBeLessThan(10);
  await bomb;
  await platform.sh(id, "python3 -c 'x=[bytearray(1<<20) for _ in range(4096)]'; true", 60);
  await platform.sh(id, 'pkill -9 -f os.fork; true');
  expect((await platform.sh(id, 'echo alive')).stdout).toBe('alive\n');
  await platform.destroy(id);
});

test('`down` leaves nothing running and nothing on the network, and `up` brings paused sandboxes back', async () => {
  const { id } = await platform.create();
  await platform.sh(id, 'echo kept > /tmp/word');
  expect((await platform.down()).code).toBe(0);
  for (const name of ['sandbar-control', 'sandbar-agent', 'postgres', 'qemu-system-x86_64'] as const)
    expect(platform.pids(name), name).toEqual([]);
  // The kernel takes the links of a namespace down in its own time.
  await waitFor('no link is left', () => networkThings().every((name) => linksBefore.includes(name)));

  expect((await platform.up()).code).toBe(0);
  await platform.waitForStatus(id, 'paused');
  await platform.api('POST', `/v1/sandboxes/${id}/resume`);
  expect((await platform.sh(id, 'cat /tmp/word')).stdout).toBe('kept\n');
  await platform.destroy(id);
});
