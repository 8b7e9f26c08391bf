// SPDX-License-Identifier: Apache-2.0
// A private PostgreSQL cluster: a folder of its own, a unix socket, no fsync.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@sandbar/test-lib';

const root = '/usr/lib/postgresql';
const isRoot = process.getuid?.() === 0;

function postgresProgram(name: string): string {
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  const path = versions.map((version) => join(root, version, 'bin', name)).find(existsSync);
  if (!path) throw new Error(`there is no ${name} below ${root}`);
  return path;
}

/** PostgreSQL refuses to run as root. */
function asPostgres(command: string, args: string[]): void {
  const [program, all] = isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
  execFileSync(program, all, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' });
}

export class Postgres {
  private readonly folder = temporaryFolder('sbapi');
  private readonly data = join(this.folder.path, 'data');

  constructor() {
    if (isRoot) {
      const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
      chownSync(this.folder.path, id('-u'), id('-g'));
    }
    asPostgres(postgresProgram('initdb'), ['-D', this.data, '-A', 'trust', '-U', 'postgres', '--no-sync']);
    this.start();
  }

  /** The folder of its socket. */
  get socket(): string {
    return this.folder.path;
  }

  private control(...args: string[]): void {
    asPostgres(postgresProgram('pg_ctl'), ['-D', this.data, '-w', ...args]);
  }

  start(): void {
    const options = `-c listen_addresses= -c unix_socket_directories=${this.socket} -c fsync=off -c max_connections=200`;
    this.control('-l', join(this.socket, 'log'), '-o', options, 'start');
  }

  /** Without a word to anybody, as a power cut of the server. */
  async kill(): Promise<void> {
    process.kill(Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
  }

  /** After kill(): its processes need a moment to see that they are alone. */
  async restart(): Promise<void> {
    await waitFor('the database is up again', () => {
      this.start();
      return true;
    }, 20_000);
  }

  stop(): void {
    this.control('-m', 'immediate', 'stop');
    this.folder.remove();
  }
}
