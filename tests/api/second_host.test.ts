// SPDX-License-Identifier: Apache-2.0
// The README's second host: the command that `sandbar hosts add` prints is pasted on machines of their own, which are
// network namespaces here. One is called by control, the other connects to it. Needs root.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { program, run, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from './client';
import { Platform } from './platform';

const platform = new Platform();
const subnet = 100 + (process.pid % 100);
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** A machine that is connected to this one by a cable. */
class Machine {
  readonly name: string;
  readonly here: string;
  readonly there: string;
  readonly state: string;

  constructor(private readonly number: number) {
    this.name = `sbt${process.pid}-${number}`;
    this.here = `10.213.${subnet}.${4 * number + 1}`;
    this.there = `10.213.${subnet}.${4 * number + 2}`;
    this.state = join(platform.temporary, `machine-${number}`);
  }

  private get cable(): string {
    return `sbt${process.pid % 100_000}v${this.number}`;
  }

  plug(): void {
    mkdirSync(this.state);
    ip('netns', 'add', this.name);
    ip('link', 'add', this.cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name);
    ip('addr', 'add', `${this.here}/30`, 'dev', this.cable);
    ip('link', 'set', this.cable, 'up');
    ip('-n', this.name, 'addr', 'add', `${this.there}/30`, 'dev', 'eth0');
    ip('-n', this.name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  unplug(): void {
    execFileSync('ip', ['netns', 'del', this.name], { stdio: 'ignore' });
  }

  sandbar(...args: string[]) {
    return run('ip', ['netns', 'exec', this.name, program('sandbar'), ...args], { env: { PATH: process.env.PATH, HOME: '/root' } });
  }

  /** What a person does with the command that was printed. */
  async paste(command: string): Promise<string> {
    const [first, ...words] = command.trim().split(' ');
    expect(first).toBe('./dev');
    const done = await this.sandbar('--json', ...words, '--state', this.state, '--hypervisor', 'fake', '--agent-env', 'SANDBAR_HEARTBEAT_INTERVAL=200ms');
    if (done.code !== 0) throw new Error(`${command}: ${done.stderr}`);
    return JSON.parse(done.stdout.toString()).host_id;
  }

  stop() {
    return this.sandbar('agent', 'stop', '--state', this.state);
  }
}

const machines = [new Machine(0), new Machine(1)];

async function sandbar(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: platform.temporary, SANDBAR_CONFIG: join(platform.temporary, 'config.json') };
  const { code, stdout, stderr } = await run(program('sandbar'), args, { env, input: `${platform.admin.password}\n` });
  if (code !== 0) throw new Error(`sandbar ${args.join(' ')}: ${stderr}`);
  return stdout.toString();
}

beforeAll(async () => {
  await platform.start({ hosts: 0, settings: { SANDBAR_LISTEN: '0.0.0.0:0' } });
  for (const machine of machines) machine.plug();
  await sandbar('login', platform.admin.email, '--url', platform.url);
});

afterAll(async () => {
  for (const machine of machines) {
    await machine.stop();
    machine.unplug();
  }
  await platform.stop();
});

test('HO-1: machines join with the one command that was printed, and sandboxes land on both', async () => {
  const port = new URL(platform.url).port;
  const ids: string[] = [];
  for (const [index, machine] of machines.entries()) {
    const address = index === 0 ? ['--address', `${machine.there}:7443`] : [];
    const command = await sandbar('hosts', 'add', ...address);
    ids.push(await machine.paste(command.replace(platform.url, `http://${machine.here}:${port}`)));
  }
  const online = async () => {
    const hosts: Json[] = JSON.parse(await sandbar('--json', 'hosts', 'ls', '--status', 'online'));
    return hosts.length === 2 && hosts;
  };
  const hosts = await waitFor('both are online', online);
  expect(hosts.map(({ id, address }) => `${id} ${address}`).sort()).toEqual([`${ids[0]} ${machines[0].there}:7443`, `${ids[1]} tunnel`].sort());

  const key = platform.asAdmin();
  await waitFor('the base template is ready', async () => (await key.get('/v1/templates/base')).body?.status === 'ready'
    || (await key.get('/v1/templates')).body.items.some((item: Json) => item.name === 'base' && item.status === 'ready'));
  const sandboxes = [await key.sandbox(), await key.sandbox()];
  for (const { id } of sandboxes) expect((await key.exec(id, 'echo', id)).stdout).toBe(`${id}\n`);
  const used = platform.sql('SELECT DISTINCT host_id FROM sandboxes ORDER BY host_id').split('\n').map((uuid) => `host-${uuid}`);
  expect(used).toEqual([...ids].sort());
});

test('a machine that is stopped and started again keeps its place, and one whose host is removed stops by itself', async () => {
  const [first, second] = machines;
  expect((await first.stop()).code).toBe(0);
  const again = await first.sandbar('--json', 'agent', 'start', '--state', first.state);
  expect(again.code, again.stderr.toString()).toBe(0);
  const { host_id } = JSON.parse(again.stdout.toString());
  await waitFor('it is online', async () => JSON.parse(await sandbar('--json', 'hosts', 'info', host_id)).status === 'online');

  const joined = await second.sandbar('--json', 'agent', 'start', '--state', second.state);
  await sandbar('hosts', 'rm', '--force', JSON.parse(joined.stdout.toString()).host_id);
  await waitFor('its supervisor ends', async () => (await second.sandbar('agent', 'stop', '--state', second.state)).stderr.includes('Nothing is running'));
});

test('HT-1: a token that is not good says so on the machine, and leaves nothing running', async () => {
  const machine = machines[1];
  const url = `http://${machine.here}:${new URL(platform.url).port}`;
  const refused = await machine.sandbar('agent', 'join', url, '--token', '0'.repeat(64), '--state', join(machine.state, 'bad'), '--hypervisor', 'fake');
  expect(refused.code).toBe(1);
  expect(refused.stderr.toString()).toContain('control refused the registration');
});
