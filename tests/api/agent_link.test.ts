// SPDX-License-Identifier: Apache-2.0
// The real agent beside a control that refuses, forgets, breaks off or goes away.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeControl } from './fake_control';
import type { Json } from './client';
import { RunningProgram } from './program';

let folder: ReturnType<typeof temporaryFolder>;
let control: FakeControl;
let agent: RunningProgram;
let address: string;
let state: string;

const credentials = (): Json => JSON.parse(readFileSync(join(state, 'credentials.json'), 'utf8'));
const baseTemplate = 'tpl-00000000-0000-4000-8000-000000000001';

function startAgent(args: string[] = [], settings: Record<string, string> = {}): void {
  const env = {
    SANDBAR_CONTROL_URL: control.url, SANDBAR_AGENT_LISTEN: address, SANDBAR_STATE_DIR: state, SANDBAR_HEARTBEAT_INTERVAL: '50ms', ...settings,
  };
  agent = new RunningProgram('sandbar-agent', program('sandbar-agent'), ['--hypervisor=fake', ...args], env, folder.path);
}

async function begin(): Promise<void> {
  folder = temporaryFolder('sblink');
  state = join(folder.path, 'state');
  mkdirSync(state);
  control = new FakeControl(join(folder.path, 'control'));
  await control.start();
  address = `127.0.0.1:${await freePort()}`;
  startAgent(['--register', 'token', '--address', address]);
  await beaten(1);
}

async function end(): Promise<void> {
  if (agent.isRunning) {
    await control.call(address, 'Terminate').catch(() => agent.kill());
    await agent.ended();
  }
  await control.stop().catch(() => {});
  folder.remove();
}

const beaten = (times: number) => {
  const goal = control.beats.length + times;
  return waitFor('heartbeats come', () => control.beats.length >= goal);
};

async function sandbox(): Promise<string> {
  const sandbox_id = `sb-${randomUUID()}`;
  await control.call(address, 'CreateSandbox', { sandboxId: sandbox_id, templateId: baseTemplate, teamId: `team-${randomUUID()}`, accessToken: 'secret' });
  return sandbox_id;
}

const reports = async (): Promise<Json[]> => (await control.call(address, 'ListSandboxes')).sandboxes ?? [];
const statuses = async () => (await reports()).map(({ status }) => status);
const allPaused = () => waitFor('everything is paused', async () => (await statuses()).every((status) => status === 'SANDBOX_STATUS_PAUSED'));

describe('beside one agent', () => {
  beforeAll(begin);
  afterAll(end);
  beforeEach(async () => {
    control.refreshes.length = 0;
    for (const { sandboxId } of await reports()) await control.call(address, 'DestroySandbox', { sandboxId });
  });

  test.each([401, 403])('HT-6: a heartbeat answered %i leads to new credentials, which are kept and used', async (status) => {
    const old = control.token;
    control.beatOrders = [status];
    await waitFor('the new token is used', () => control.beats.includes(control.token) && control.token !== old);
    expect(control.refreshes).toHaveLength(1);
    await waitFor('it is stored', () => credentials().token === control.token);
    expect(credentials().refresh_token).toBe(control.refreshes[0].next_refresh_token);
    expect(statSync(join(state, 'credentials.json')).mode & 0o777).toBe(0o600);
    await sandbox();
    expect(await statuses()).toEqual(['SANDBOX_STATUS_RUNNING']);
  });

  test('HT-6: two broken answers are not enough, and an answer between starts the count anew', async () => {
    await sandbox();
    control.beatOrders = [0, 503, 204, 0, 0, 204, 500, 503, 204];
    await beaten(12);
    expect(await statuses()).toEqual(['SANDBOX_STATUS_RUNNING']);
  });

  test('HT-6: other refusals are logged and change nothing', async () => {
    await sandbox();
    control.beatOrders = [400, 409, 429, 400, 418, 400];
    await beaten(9);
    expect(await statuses()).toEqual(['SANDBOX_STATUS_RUNNING']);
    expect(agent.log).toContain('429');
    expect(control.refreshes).toEqual([]);
  });

  test('HT-6, C14: a refresh that is not answered is a failure and no lock-out', async () => {
    await sandbox();
    control.beatOrders = [401, 401];
    control.refreshOrders = [0, 503];
    await waitFor('it is asked again', () => control.refreshes.length >= 2);
    await beaten(4);
    expect(agent.log).not.toContain('register this host again');
    expect(new Set(control.refreshes.map((one) => one.next_refresh_token)).size).toBe(1);
    expect(await statuses()).toEqual(['SANDBOX_STATUS_RUNNING']);
  });

  test('W15: a renewed certificate is served without a restart', async () => {
    const before = credentials().certificate_pem;
    control.beatOrders = [401];
    await waitFor('there is a new certificate', () => credentials().certificate_pem !== before);
    await control.call(address, 'ListTemplates');
    await beaten(1);
  });
});

describe('with an agent of its own', () => {
  beforeEach(begin);
  afterEach(end);

  test('HT-6, SB-7: a refused refresh pauses all sandboxes and ends the heartbeats; the agent stays', async () => {
    await Promise.all([sandbox(), sandbox(), sandbox()]);
    control.refuseAll = true;
    control.refreshOrders = [401, 401];
    await agent.printed(/register this host again/);
    await allPaused();
    const seen = control.beats.length;
    expect((await reports()).map(({ pauseCause }) => pauseCause)).toEqual(Array(3).fill('PAUSE_CAUSE_ISOLATED'));
    control.refuseAll = false;
    await control.call(address, 'ListTemplates');
    expect(agent.isRunning).toBe(true);
    expect(control.beats.length).toBe(seen);
  });

  test('HT-6: three heartbeats without answer pause everything once, and the link comes back by itself', async () => {
    const id = await sandbox();
    await control.stop();
    await allPaused();
    await control.start();
    await beaten(2);
    await control.call(address, 'ResumeSandbox', { sandboxId: id, accessToken: 'secret' });
    await beaten(3);
    expect(await statuses()).toEqual(['SANDBOX_STATUS_RUNNING']);
    expect(agent.log.match(/"?isolated/g)?.length).toBeGreaterThan(0);
  });

  test('HT-6: a host that control does not know any more leaves nothing behind', async () => {
    const id = await sandbox();
    control.beatOrders = [404];
    await agent.ended();
    expect(existsSync(join(state, 'credentials.json'))).toBe(false);
    expect(existsSync(join(state, 'sandboxes', id))).toBe(false);
  });

  test('HT-4: a lost answer to a refresh, and a crash after it, lock nobody out', async () => {
    control.loseRefreshAnswer = true;
    control.beatOrders = [401];
    await waitFor('control has a new token', () => control.refreshes.length >= 1);
    agent.kill();
    await agent.ended();
    startAgent();
    await waitFor('heartbeats are accepted', () => control.beats.at(-1) === control.token);
    await waitFor('the credentials are settled', () => credentials().token === control.token);
  });

  test('HT-6: credentials are renewed before they end', async () => {
    control.tokenLifetime = 2;
    control.beatOrders = [401]; // the next token is a short one
    await waitFor('a token was renewed although none was refused', () => control.refreshes.length >= 2);
    await waitFor('the renewed one is renewed in turn', () => control.refreshes.length >= 4);
    expect(agent.log.match(/heartbeat refused/g)).toHaveLength(1);
    expect(agent.isRunning).toBe(true);
  });

  test('HT-7: credentials are whole at whatever moment the agent is killed', async () => {
    control.refuseAll = true;
    for (let round = 0; round < 6; ++round) {
      const seen = control.refreshes.length;
      await waitFor('credentials are being written', () => control.refreshes.length > seen + round % 3);
      agent.kill();
      await agent.ended();
      expect(credentials()).toMatchObject({ host_id: control.host });
      startAgent();
    }
    control.refuseAll = false;
    await waitFor('the last credentials are good', () => control.beats.at(-1) === control.token);
  });

  test('C13: an agent that is told to stop pauses what runs, and its next start finds it', async () => {
    const id = await sandbox();
    await agent.stop();
    startAgent();
    await beaten(1);
    expect(await reports()).toMatchObject([{ sandboxId: id, status: 'SANDBOX_STATUS_PAUSED', pauseCause: 'PAUSE_CAUSE_SHUTDOWN' }]);
  });

  test('HO-6: settings come from .env in the working directory; the environment has the last word', async () => {
    await agent.stop();
    const quoted = `# where control is\n\nexport SANDBAR_CONTROL_URL="${control.url}" \nSANDBAR_STATE_DIR='${state}'\nSANDBAR_HYPERVISOR=fake\n`;
    writeFileSync(join(folder.path, '.env'), `${quoted}SANDBAR_AGENT_LISTEN=127.0.0.1:1 # not this one\nSANDBAR_HEARTBEAT_INTERVAL=50ms\n`);
    agent = new RunningProgram('sandbar-agent', program('sandbar-agent'), [], { SANDBAR_AGENT_LISTEN: address }, folder.path);
    await beaten(2);
    await control.call(address, 'ListTemplates');
  });
});
