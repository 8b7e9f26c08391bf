// SPDX-License-Identifier: Apache-2.0
// Hosts beyond the first: real agents of a platform that can be killed, started again and made to register anew, and
// signing requests for tests that speak as an agent themselves.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, waitFor } from '@sandbar/test-lib';
import type { Client, Json } from './client';
import type { Platform } from './platform';
import { RunningProgram } from './program';

/** The first admin with a session, who may do everything with hosts. */
export async function signedInAdmin(platform: Platform): Promise<Client> {
  const { email, password } = platform.admin;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  return platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
}

/** A signing request for a new key, as an agent makes it. */
export function signingRequest(): string {
  const args = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=agent'];
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
}

export interface AgentOptions {
  /** The agent connects to control instead of being called. */
  tunnel?: boolean;
  /** Of the host: type, team_id. */
  host?: Json;
  /** Of the agent. */
  settings?: Record<string, string>;
  /** Where the agent finds control, unless it is the platform's own address. */
  control?: string;
}

let made = 0;

export class Agent {
  process!: RunningProgram;
  readonly state: string;
  address = '';

  private constructor(
    private readonly platform: Platform,
    private readonly admin: Client,
    readonly id: string,
    private readonly options: AgentOptions,
  ) {
    this.state = join(platform.temporary, `agent-${++made}`);
    mkdirSync(this.state);
  }

  /** A new host whose agent control has reached. */
  static async start(platform: Platform, admin: Client, options: AgentOptions = {}): Promise<Agent> {
    const { host, registration_token } = (await admin.post('/v1/hosts', { type: 'regular', ...options.host }, 201)).body;
    const agent = new Agent(platform, admin, host.id, options);
    if (!options.tunnel) agent.address = `127.0.0.1:${await freePort()}`;
    agent.register(registration_token);
    await agent.becomes('online');
    await waitFor('the base template is ready', async () =>
      (await platform.asAdmin().get('/v1/templates')).body.items.some((item: Json) => item.name === 'base' && item.status === 'ready'));
    return agent;
  }

  /** Starts it with a registration token. */
  register(token: string): void {
    this.run('--register', token, ...(this.address ? ['--address', this.address] : []));
  }

  run(...args: string[]): void {
    const env = {
      SANDBAR_CONTROL_URL: this.options.control ?? this.platform.url,
      SANDBAR_STATE_DIR: this.state,
      SANDBAR_HEARTBEAT_INTERVAL: '200ms',
      ...(this.address && { SANDBAR_AGENT_LISTEN: this.address }),
      ...this.options.settings,
    };
    this.process = new RunningProgram('sandbar-agent', program('sandbar-agent'), ['--hypervisor=fake', ...args], env, this.state);
  }

  async view(): Promise<Json> {
    return (await this.admin.get(`/v1/hosts/${this.id}`)).body;
  }

  async becomes(status: string, limitMs = 20_000): Promise<void> {
    await waitFor(`host is ${status}`, async () => (await this.view()).status === status, limitMs).catch((error) => {
      throw new Error(`${error}\n${this.process.log.slice(-4000)}`);
    });
  }

  /** Removes the host, and waits for the agent's end. */
  async remove(): Promise<void> {
    await this.admin.delete(`/v1/hosts/${this.id}?force=true`, 204);
    if (this.process.isRunning) await this.process.ended();
  }
}
