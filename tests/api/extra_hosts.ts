// SPDX-License-Identifier: Apache-2.0
// Further hosts of a test's platform: agents with the fake hypervisor that can be killed, started again and looked into.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll } from 'vitest';
import type { Client } from './client';
import type { Platform } from './platform';
import { RunningProgram } from './program';

/** The first admin, signed in. */
export async function signInAdmin(platform: Platform): Promise<Client> {
  const { email, password } = platform.admin;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  return platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
}

export class ExtraHost {
  agent!: RunningProgram;

  private constructor(
    private readonly platform: Platform,
    readonly id: string,
    readonly state: string,
    private readonly address: string,
    private readonly settings: Record<string, string>,
  ) {}

  static async add(platform: Platform, folder: string, settings: Record<string, string> = {}): Promise<ExtraHost> {
    const admin = await signInAdmin(platform);
    const { body } = await admin.post('/v1/hosts', { type: 'regular' }, 201);
    const state = join(folder, body.host.id.slice(-6));
    mkdirSync(state);
    const host = new ExtraHost(platform, body.host.id, state, `127.0.0.1:${await freePort()}`, settings);
    await host.start(['--register', body.registration_token, '--address', host.address]);
    return host;
  }

  /** Ends when control has heard of it. */
  async start(args: string[] = []): Promise<void> {
    const env = {
      SANDBAR_CONTROL_URL: this.platform.url, SANDBAR_AGENT_LISTEN: this.address, SANDBAR_STATE_DIR: this.state,
      SANDBAR_HEARTBEAT_INTERVAL: '1s', ...this.settings,
    };
    const begin = this.platform.sql('SELECT clock_timestamp()');
    this.agent = new RunningProgram('sandbar-agent', program('sandbar-agent'), ['--hypervisor=fake', ...args], env, this.state);
    await this.agent.printed(/agent listens/);
    const heard = `SELECT status IN ('online', 'draining') AND last_heartbeat_at > '${begin}' FROM hosts WHERE id = '${this.id.slice(5)}'`;
    await waitFor('control has heard of the host', () => this.platform.sql(heard) === 't');
  }

  /** A template's folder. */
  template(id: string): string {
    return join(this.state, 'templates', id);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.agent.kill();
    await waitFor('the agent is dead', () => !this.agent.isRunning);
  }

  async remove(): Promise<void> {
    if (!this.agent.isRunning) await this.start();
    await (await signInAdmin(this.platform)).delete(`/v1/hosts/${this.id}?force=true`, 204);
    await this.agent.ended();
  }
}

/** Hosts that go when the file's tests have ended; call it after usePlatform, whose own end comes later. */
export function useExtraHosts(platform: Platform): (settings?: Record<string, string>) => Promise<ExtraHost> {
  const folder = temporaryFolder('sbext');
  const hosts: ExtraHost[] = [];
  afterAll(async () => {
    for (const host of hosts) await host.remove();
    folder.remove();
  });
  return async (settings) => {
    const host = await ExtraHost.add(platform, folder.path, settings);
    hosts.push(host);
    return host;
  };
}
