// SPDX-License-Identifier: Apache-2.0
// A whole platform for one test file: a database of its own, control, and an agent with the fake hypervisor.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, inject } from 'vitest';
import { Client, loadSchema, type Json } from './client';
import { RunningProgram } from './program';

export interface Bootstrap {
  email: string;
  password: string;
  team_id: string;
  api_key: string;
  host_id: string;
  registration_token: string;
}

function psql(socket: string, database: string, sql: string): string {
  const args = ['-h', socket, '-U', 'postgres', '-d', database, '-qtAc', sql];
  return execFileSync('psql', args, { encoding: 'utf8' }).trim();
}

export class Platform {
  private readonly folder = temporaryFolder('sbapi');
  private readonly database = `t_${randomBytes(6).toString('hex')}`;
  private readonly secret = randomBytes(24).toString('hex');
  control!: RunningProgram;
  agent?: RunningProgram;
  admin!: Bootstrap;
  url = '';

  /** `socket`: of another database server than the suite's. */
  constructor(private readonly socket = inject('postgres')) {}

  /** A folder that vanishes with the platform. */
  get temporary(): string {
    return this.folder.path;
  }

  get environment(): Record<string, string> {
    return {
      SANDBAR_DATABASE_URL: `host=${this.socket} user=postgres dbname=${this.database}`,
      SANDBAR_SECRET: this.secret,
      SANDBAR_LISTEN: this.url ? new URL(this.url).host : '127.0.0.1:0',
      SANDBAR_THREADS: '2',
      SANDBAR_MONITOR_PERIOD: '1s',
      SANDBAR_ALLOWED_ORIGINS: 'https://dashboard.example.org',
      SANDBAR_SIGNUPS_PER_MINUTE: '6000',
      SANDBAR_LOGINS_PER_MINUTE: '6000',
    };
  }

  /** `hosts: 0` leaves out the agent. */
  async start(options: { hosts?: 0 | 1; settings?: Record<string, string>; agentSettings?: Record<string, string> } = {}): Promise<this> {
    psql(this.socket, 'postgres', `CREATE DATABASE ${this.database}`);
    const made = await run(program('sandbar-control'), ['bootstrap', '--email', 'admin@example.org', '--name', 'Admin'], {
      env: { PATH: process.env.PATH!, ...this.environment },
      cwd: this.folder.path,
    });
    if (made.code !== 0) throw new Error(`bootstrap failed: ${made.stderr}`);
    this.admin = JSON.parse(made.stdout.toString());
    await this.startControl(options.settings);
    await loadSchema(this.url);
    if (options.hosts !== 0) await this.startAgent(options.agentSettings);
    return this;
  }

  async startControl(settings: Record<string, string> = {}): Promise<void> {
    this.control = new RunningProgram(
      'sandbar-control', program('sandbar-control'), [], { ...this.environment, ...settings }, this.folder.path);
    const [, url] = await this.control.printed(/listening on (http:\/\/\S+)/);
    this.url = url;
  }

  /** A second control on the same database, at an address of its own. */
  async startReplica(settings: Record<string, string> = {}): Promise<RunningProgram> {
    const environment = { ...this.environment, ...settings, SANDBAR_LISTEN: '127.0.0.1:0' };
    const replica = new RunningProgram('sandbar-control', program('sandbar-control'), [], environment, this.folder.path);
    await replica.printed(/listening on (http:\/\/\S+)/);
    return replica;
  }

  private async startAgent(settings: Record<string, string> = {}): Promise<void> {
    const port = await freePort();
    const state = join(this.folder.path, 'agent');
    mkdirSync(state);
    const address = `127.0.0.1:${port}`;
    const args = ['--hypervisor=fake', '--register', this.admin.registration_token, '--address', address];
    const env = { SANDBAR_CONTROL_URL: this.url, SANDBAR_AGENT_LISTEN: address, SANDBAR_STATE_DIR: state, ...settings };
    this.agent = new RunningProgram('sandbar-agent', program('sandbar-agent'), args, env, this.folder.path);
    await waitFor('the base template is ready', () => this.baseIsReady(), 40_000).catch((error) => {
      throw new Error(`${error}\n${this.agent!.log}\n${this.control.log}`);
    });
  }

  private async baseIsReady(): Promise<boolean> {
    const { body } = await this.asAdmin().get('/v1/templates');
    return body.items.some((item: Json) => item.name === 'base' && item.status === 'ready');
  }

  /** The first admin's team, by its API key. */
  asAdmin(): Client {
    return new Client(this.url, { 'X-API-Key': this.admin.api_key });
  }

  anonymous(): Client {
    return new Client(this.url);
  }

  /** The first admin, signed in. */
  async signInAdmin(): Promise<Client> {
    const { email, password } = this.admin;
    const { body } = await this.anonymous().post('/v1/auth/login', { email, password }, 200);
    return new Client(this.url, { Authorization: `Bearer ${body.token}` }, { ...body, password });
  }

  /** A new user with a team of their own, signed in. */
  async newUser(name = 'Ada'): Promise<Client> {
    const email = `${randomBytes(6).toString('hex')}@example.org`;
    const { body } = await this.anonymous().post('/v1/auth/signup', { email, password: 'correct horse', name }, 201);
    return new Client(this.url, { Authorization: `Bearer ${body.token}` }, { ...body, password: 'correct horse' });
  }

  /** For a psql of one's own. */
  psqlArguments(): string[] {
    return ['-h', this.socket, '-U', 'postgres', '-d', this.database];
  }

  sql(text: string): string {
    return psql(this.socket, this.database, text);
  }

  /** Deleting the host ends its sandboxes and its agent; one that is only stopped would leave them for its next start. */
  private async removeHost(): Promise<void> {
    const admin = await this.signInAdmin();
    await admin.delete(`/v1/hosts/${this.admin.host_id}?force=true`, 204);
    await this.agent!.ended();
  }

  async stop(): Promise<void> {
    if (this.agent) await this.removeHost();
    await this.control.stop();
    psql(this.socket, 'postgres', `DROP DATABASE ${this.database} WITH (FORCE)`);
    this.folder.remove();
  }
}

/** A platform that lives as long as the tests of the file. */
export function usePlatform(options: Parameters<Platform['start']>[0] = {}): Platform {
  const platform = new Platform();
  beforeAll(() => platform.start(options).then(() => {}));
  afterAll(() => platform.stop());
  return platform;
}
