// SPDX-License-Identifier: Apache-2.0
// An installation made by `sandbar up` with the fake hypervisor: everything is real but the virtual machines.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { program, run, temporaryFolder, type Finished } from '@sandbar/test-lib';

export interface Admin {
  email: string;
  password: string;
  api_key: string;
}

export class Installation {
  private readonly folder = temporaryFolder('sbcli');
  readonly state = this.folder.path;

  /** Ports are free ones, chosen and kept by the first `up`. */
  up(...more: string[]): Promise<Finished> {
    const first = ['--hypervisor', 'fake', '--listen', '127.0.0.1:0', '--agent-listen', '127.0.0.1:0'];
    return this.upAgain(...first, ...more);
  }

  upAgain(...more: string[]): Promise<Finished> {
    return run(program('sandbar'), ['up', '--state', this.state, ...more], { timeoutMs: 170_000 });
  }

  async start(...more: string[]): Promise<this> {
    const up = await this.up(...more);
    if (up.code === 0) return this;
    const said = `${up.stdout}${up.stderr}${this.logs()}`;
    await this.remove();
    throw new Error(`sandbar up failed: ${said}`);
  }

  down(): Promise<Finished> {
    return run(program('sandbar'), ['down', '--state', this.state], { timeoutMs: 120_000 });
  }

  async remove(): Promise<void> {
    await this.down();
    this.folder.remove();
  }

  get url(): string {
    return JSON.parse(readFileSync(join(this.state, 'info.json'), 'utf8')).url;
  }

  get admin(): Admin {
    return JSON.parse(readFileSync(join(this.state, 'admin.json'), 'utf8'));
  }

  pid(name: 'up' | 'control' | 'agent' | 'postgres'): number {
    return JSON.parse(readFileSync(join(this.state, 'processes', `${name}.json`), 'utf8')).pid;
  }

  private logs(): string {
    const folder = join(this.state, 'logs');
    return readdirSync(folder).map((name) => `\n--- ${name}\n${readFileSync(join(folder, name), 'utf8').slice(-3000)}`).join('');
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
