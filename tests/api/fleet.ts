// SPDX-License-Identifier: Apache-2.0
// Hosts on demand for one platform: real agents with the fake hypervisor, and the trouble that they make when told to.
import { request } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll } from 'vitest';
import { type Client, type Json } from './client';
import { Platform } from './platform';
import { RunningProgram } from './program';

export type Fault = 'refuse' | 'hang' | 'late' | 'lose' | 'lie' | 'die';

export interface Failpoint {
  method: string;
  fault: Fault;
  count?: number;
  code?: string;
  delay_ms?: number;
  after_work?: boolean;
  hide?: string[];
  invent?: string[];
  claim?: Record<string, string>;
  about?: string;
  timeout_s?: number;
}

export interface Held {
  id: string;
  status: string;
}

/** Short enough that nothing of a test waits long, long enough for a machine that is busy with other things. */
export const quick = {
  SANDBAR_MONITOR_PERIOD: '200ms',
  SANDBAR_HOST_STALE_AFTER: '3s',
  SANDBAR_ORPHAN_GRACE: '500ms',
  SANDBAR_CREATE_LIMIT: '3s',
  SANDBAR_TRANSITION_LIMIT: '1s',
  SANDBAR_STOP_LIMIT: '500ms',
  SANDBAR_HOST_CALL_LIMIT: '2s',
};

export class FakeHost {
  agent!: RunningProgram;
  id = '';
  private address = '';
  private readonly state: string;

  constructor(
    private readonly platform: Platform,
    private readonly folder: string,
    name: string,
    private readonly settings: Record<string, string>,
  ) {
    this.state = join(folder, name);
    mkdirSync(this.state);
  }

  /** Registers with control and waits until sandboxes can be placed here. */
  async register(admin: Client): Promise<this> {
    const { body } = await admin.post('/v1/hosts', { type: 'regular' }, 201);
    this.id = body.host.id;
    this.address = `127.0.0.1:${await freePort()}`;
    this.run(['--register', body.registration_token, '--address', this.address]);
    const uuid = this.id.slice(5);
    await waitFor(`${this.id} is ready`, () =>
      this.platform.sql(`SELECT count(*) FROM template_hosts b JOIN templates t ON t.id = b.template_id
        JOIN hosts h ON h.id = b.host_id WHERE h.id = '${uuid}' AND h.status = 'online' AND t.status = 'ready'`) === '1', 30_000)
      .catch((error) => { throw new Error(`${error}\n${this.agent.log}`); });
    return this;
  }

  private run(args: string[]): void {
    const env = {
      SANDBAR_CONTROL_URL: this.platform.url,
      SANDBAR_AGENT_LISTEN: this.address,
      SANDBAR_STATE_DIR: this.state,
      SANDBAR_HEARTBEAT_INTERVAL: '300ms',
      SANDBAR_ISOLATION_FAILURES: '100000',
      SANDBAR_REAPER_PERIOD: '100ms',
      SANDBAR_FAKE_GUESTS: 'none',
      ...this.settings,
    };
    this.agent = new RunningProgram('sandbar-agent', program('sandbar-agent'), ['--hypervisor=fake', ...args], env, this.folder);
  }

  /** After it has ended: the same host again. */
  async start(): Promise<void> {
    this.run([]);
    await waitFor('the agent listens', () => this.agent.log.includes('agent listens') || !this.agent.isRunning);
    if (!this.agent.isRunning) throw new Error(this.agent.log);
  }

  async kill(): Promise<void> {
    this.agent.kill();
    await this.agent.ended();
  }

  private order(method: string, path: string, body?: Json): Promise<Json> {
    return new Promise((done, fail) => {
      const socketPath = join(this.state, 'run/failpoints.sock');
      const sent = request({ socketPath, method, path, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece) => (text += piece));
        answer.on('end', () => {
          if (answer.statusCode! >= 300) fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          else done(text && JSON.parse(text));
        });
      });
      sent.on('error', fail);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  fail = (...points: Failpoint[]): Promise<Json> => this.order('PUT', '/failpoints', points);
  heal = (): Promise<Json> => this.order('DELETE', '/failpoints');
  failpoints = (): Promise<(Failpoint & { hits: number })[]> => this.order('GET', '/failpoints');
  /** What the host really has. */
  held = (): Promise<Held[]> => this.order('GET', '/sandboxes');
  endVm = (id: string): Promise<Json> => this.order('DELETE', `/vms/${id}`);

  async holds(id: string): Promise<string | undefined> {
    return (await this.held()).find((one) => one.id === id)?.status;
  }
}

/** A platform with hosts that can be told what to do wrong. */
export class Fleet {
  readonly platform: Platform;
  readonly hosts: FakeHost[] = [];
  private readonly folder = temporaryFolder('sbf');
  /** The platform's admin, signed in. */
  admin!: Client;
  settings: Record<string, string> = {};

  constructor(socket?: string) {
    this.platform = new Platform(socket);
  }

  async start(count: number, settings: Record<string, string> = {}): Promise<this> {
    this.settings = { ...quick, ...settings };
    await this.platform.start({ hosts: 0, settings: this.settings });
    const { email, password } = this.platform.admin;
    const { body } = await this.platform.anonymous().post('/v1/auth/login', { email, password }, 200);
    this.admin = this.platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
    for (let i = 0; i < count; ++i) await this.addHost();
    return this;
  }

  async addHost(settings: Record<string, string> = {}): Promise<FakeHost> {
    const host = new FakeHost(this.platform, this.folder.path, `h${this.hosts.length}`, settings);
    this.hosts.push(host);
    return host.register(this.admin);
  }

  hostOf(sandbox: Json): FakeHost {
    return this.hosts.find((host) => host.id === sandbox.host_id)!;
  }

  async restartControl(): Promise<void> {
    this.platform.control.kill();
    await this.platform.control.ended();
    await this.platform.startControl(this.settings);
  }

  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.kill()));
    await this.platform.stop();
    this.folder.remove();
  }
}

export function useFleet(count: number, settings: Record<string, string> = {}): Fleet {
  const fleet = new Fleet();
  beforeAll(() => fleet.start(count, settings).then(() => {}), 120_000);
  afterAll(() => fleet.stop());
  return fleet;
}

/** Waits until the API shows the sandbox with that status. */
export async function becomes(client: Client, id: string, status: string, limitMs = 15_000): Promise<Json> {
  return waitFor(`${id} is ${status}`, async () => {
    const { body } = await client.get(`/v1/sandboxes/${id}`);
    if (body.status === status) return body;
    throw new Error(`${body.status} (${body.status_cause})`);
  }, limitMs);
}
