// SPDX-License-Identifier: Apache-2.0
// The program under test, as a user with an API key in the environment and no configuration file runs it.
import { inject } from 'vitest';
import { program, run, type Finished, type RunOptions } from '@sandbar/test-lib';

export const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  SANDBAR_CONFIG: '/nonexistent/config.json',
  SANDBAR_URL: inject('url'),
  SANDBAR_API_KEY: inject('apiKey'),
};

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

function said(finished: Finished): Said {
  return { code: finished.code, out: finished.stdout.toString(), err: finished.stderr.toString() };
}

export async function sandbarWith(options: RunOptions, ...args: string[]): Promise<Said> {
  return said(await run(program('sandbar'), args, { env: environment, ...options }));
}

export function sandbar(...args: string[]): Promise<Said> {
  return sandbarWith({}, ...args);
}

/** Standard output of a command that must succeed. */
export async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await sandbar(...args);
  if (code !== 0) throw new Error(`sandbar ${args.join(' ')}: exit code ${code}: ${err}`);
  return out;
}

/** The JSON of a command that must succeed. */
export async function json<T = any>(...args: string[]): Promise<T> {
  return JSON.parse(await ok('--json', ...args)) as T;
}

export async function newSandbox(...options: string[]): Promise<string> {
  return (await ok('create', ...options)).trim();
}
