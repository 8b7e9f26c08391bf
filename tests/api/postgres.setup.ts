// SPDX-License-Identifier: Apache-2.0
// One private PostgreSQL cluster for the whole suite: a folder of its own, a unix socket, no fsync. Each test file makes
// a database in it.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@sandbar/test-lib';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string;
  }
}

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

export default function setup(project: TestProject): () => void {
  const folder = temporaryFolder('sbapi');
  if (isRoot) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
    chownSync(folder.path, id('-u'), id('-g'));
  }
  const data = join(folder.path, 'data');
  const control = (...args: string[]) => asPostgres(postgresProgram('pg_ctl'), ['-D', data, '-w', ...args]);
  asPostgres(postgresProgram('initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync']);
  const options = `-c listen_addresses= -c unix_socket_directories=${folder.path} -c fsync=off -c max_connections=200`;
  control('-l', join(folder.path, 'log'), '-o', options, 'start');
  project.provide('postgres', folder.path);
  return () => {
    control('-m', 'immediate', 'stop');
    folder.remove();
  };
}
