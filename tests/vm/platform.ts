// SPDX-License-Identifier: Apache-2.0
// A whole Sandbar with real virtual machines, started by `sandbar up` in a state folder of its own.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, program, repository, run, temporaryFolder, waitFor, type Finished } from '@sandbar/test-lib';

export interface Sandbox {
  id: string;
  status: string;
  template: string;
}

interface Admin {
  email: string;
  password: string;
  api_key: string;
}

// Kernel and templates are the slow part, so they are kept between runs: templates for as long as what goes into them is
// the same (bench/instance.py uses them too).
const cache = join(repository, 'build/vm-cache');
const parts = ['templates/base.template', ...['accelerator', 'manifest', 'qemu_command'].map((part) => `src/sandbar/agent/vm/${part}.cc`)].map((path) => join(repository, path));
const guest = createHash('sha256');
for (const path of [program('sandbar-guest'), program('sandbar-init'), ...parts]) guest.update(readFileSync(path));
const kept = [['kernel', 'kernel'], ['templates', `templates-${guest.digest('hex').slice(0, 12)}`], ['cache', 'cache']] as const;

// Templates are never written to, so a link will do; across file systems it has to be a copy.
function hardLink(from: string, to: string): void {
  try {
    execFileSync('cp', ['--archive', '--link', from, to], { stdio: 'ignore' });
  } catch {
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['--archive', '--sparse=always', from, to]);
  }
}

export class Platform {
  private constructor(
    readonly state: string,
    readonly port: number,
    readonly agentPort: number,
    private readonly removeState: () => void,
    private readonly settings: Record<string, string>,
  ) {}

  /** `settings`: of control, beside those that `sandbar up` makes. */
  static async start(settings: Record<string, string> = {}): Promise<Platform> {
    const { path, remove } = temporaryFolder('sbvm');
    for (const [name, cached] of kept) if (existsSync(join(cache, cached))) hardLink(join(cache, cached), join(path, name));
    const platform = new Platform(path, await freePort(), await freePort(), remove, settings);
    const up = await platform.up();
    if (up.code !== 0) throw new Error(`sandbar up failed:\n${up.stdout}${up.stderr}`);
    platform.fillCache();
    return platform;
  }

  up(): Promise<Finished> {
    const args = ['up', '--state', this.state, '--listen', `127.0.0.1:${this.port}`, '--agent-listen', `127.0.0.1:${this.agentPort}`];
    const settings = Object.entries(this.settings).flatMap(([name, value]) => ['--control-env', `${name}=${value}`]);
    return run(program('sandbar'), [...args, ...settings], { timeoutMs: 840_000 });
  }

  down(): Promise<Finished> {
    return run(program('sandbar'), ['down', '--state', this.state], { timeoutMs: 120_000 });
  }

  async stop(): Promise<void> {
    await this.down();
    this.removeState();
  }

  get admin(): Admin {
    return JSON.parse(readFileSync(join(this.state, 'admin.json'), 'utf8'));
  }

  cli(...args: string[]): Promise<Finished> {
    return this.cliWith({}, ...args);
  }

  cliWith(options: { input?: string | Buffer; timeoutMs?: number }, ...args: string[]): Promise<Finished> {
    const env = {
      ...process.env,
      HOME: this.state,
      SANDBAR_URL: this.url,
      SANDBAR_API_KEY: this.admin.api_key,
    };
    return run(program('sandbar'), args, { env, timeoutMs: 120_000, ...options });
  }

  /** The answer's JSON; throws with the error's text unless the status is 2xx. */
  async api<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.request(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { 'X-API-Key': this.admin.api_key, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  create(extra: Record<string, unknown> = {}): Promise<Sandbox> {
    return this.api('POST', '/v1/sandboxes', { template: 'base', ...extra });
  }

  sandbox(id: string): Promise<Sandbox> {
    return this.api('GET', `/v1/sandboxes/${id}`);
  }

  async sh(id: string, script: string, timeoutSec = 60): Promise<{ stdout: string; stderr: string; exit_code: number }> {
    return this.api('POST', `/v1/sandboxes/${id}/exec`, { cmd: '/bin/sh', args: ['-c', script], timeout_sec: timeoutSec });
  }

  /** A page of the audit trail, as the first admin sees it (API keys may not read it). */
  async audit(query: string): Promise<{ items: any[] }> {
    const { email, password } = this.admin;
    const { token } = await this.api('POST', '/v1/auth/login', { email, password });
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${this.url}/v1/audit-logs?${query}`, { headers })).json() as Promise<{ items: any[] }>;
  }

  destroy(id: string): Promise<Response> {
    return this.request('DELETE', `/v1/sandboxes/${id}`);
  }

  waitForStatus(id: string, status: string, limitMs = 60_000): Promise<Sandbox> {
    return waitFor(`${id} is ${status}`, async () => {
      const found = await this.sandbox(id);
      if (found.status === status) return found;
      throw new Error(found.status);
    }, limitMs);
  }

  /** Processes of this installation that run the named program. */
  pids(name: 'sandbar-control' | 'sandbar-agent' | 'postgres' | 'qemu-system-x86_64' | 'sandbar'): number[] {
    const own = name === 'qemu-system-x86_64' ? machineUsers(this.state) : undefined;
    return processes()
      .filter((p) => p.name === name && (own ? own(p.uid) : belongs(p, this)))
      .map((p) => p.pid);
  }

  /** The process that runs a sandbox, or that stands still since it was paused. */
  machineOf(id: string): number {
    return this.record(id).vm.pid;
  }

  /** The folder of the memory image that a sandbox was started from. */
  imageOf(id: string): string {
    return this.record(id).image;
  }

  /** How many machines run sandboxes: all but those made ahead of need and those that stand still. */
  sandboxMachines(): number {
    const halted = readdirSync(join(this.state, 'sandboxes')).filter((id) => {
      const { status, vm } = this.record(id);
      return status === 'paused' && vm;
    });
    return this.pids('qemu-system-x86_64').length - this.parked().length - halted.length;
  }

  private record(id: string): { status: string; image: string; vm?: any } {
    return JSON.parse(readFileSync(join(this.state, 'sandboxes', id, 'record.json'), 'utf8'));
  }

  /** The folders of the machines made ahead of need. */
  parked(): string[] {
    return readdirSync(join(this.state, 'parked'));
  }

  /** What is mounted below the state folder: each namespace of a machine is, too. */
  mounts(): string[] {
    const paths = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '');
    return paths.filter((path) => path.startsWith(`${this.state}/`));
  }

  /** How the names of the installation's links begin, while it runs. */
  linkPrefix(): string {
    const number = instanceOf(this.state);
    if (number === undefined) throw new Error(`${this.state} is of no running installation`);
    return `sb${number}-`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private fillCache(): void {
    mkdirSync(cache, { recursive: true });
    for (const [name, cached] of kept) {
      if (existsSync(join(cache, cached)) || !existsSync(join(this.state, name))) continue;
      for (const old of readdirSync(cache)) if (old.startsWith(name)) rmSync(join(cache, old), { recursive: true });
      hardLink(join(this.state, name), join(cache, `${cached}.new`));
      renameSync(join(cache, `${cached}.new`), join(cache, cached));
    }
  }
}

// While an installation runs, it has a number of its own.
function instanceOf(state: string): number | undefined {
  const claim = readdirSync('/run/sandbar').find((n) => n.startsWith('instance-') && readFileSync(join('/run/sandbar', n), 'utf8') === state);
  return claim === undefined ? undefined : Number(claim.slice('instance-'.length));
}

// A jailed machine shows nothing of the state folder, but its user id is from the range of the installation's number.
function machineUsers(state: string): (uid: number) => boolean {
  const number = instanceOf(state);
  if (number === undefined) return () => false;
  const first = 1_900_000_000 + number * 2048;
  return (uid) => uid >= first && uid < first + 2048;
}

interface Process {
  pid: number;
  uid: number;
  name: string;
  text: string; // command line, environment and open files: whatever ties it to a state folder
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const name = readlinkSync(`/proc/${entry}/exe`).split('/').pop()!.replace(/ \(deleted\)$/, '');
        const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))![1]);
        const text = readFileSync(`/proc/${entry}/cmdline`, 'latin1') + readFileSync(`/proc/${entry}/environ`, 'latin1');
        return [{ pid: Number(entry), uid, name, text: text + openFiles(entry) }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function openFiles(pid: string): string {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .join(' ');
}

function belongs(process: Process, platform: Platform): boolean {
  return process.text.includes(platform.state) || process.text.includes(`127.0.0.1:${platform.port}`);
}

/** Network namespaces and links of the machine, to compare before and after. */
export function networkThings(): string[] {
  const links = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).split('\n').map((line) => line.split(':')[1]?.trim() ?? '');
  return links.filter((name) => name && name !== 'lo').map((name) => name.split('@')[0]);
}
