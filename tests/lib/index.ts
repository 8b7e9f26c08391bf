// SPDX-License-Identifier: Apache-2.0
// What every black-box suite needs: the programs, folders that vanish, and waiting with a deadline.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** The built program of that name; SANDBAR_BIN (set by ./dev test) says where the programs are. */
export function program(name: string): string {
  const path = join(process.env.SANDBAR_BIN ?? join(repository, 'build/release/bin'), name);
  if (!existsSync(path)) throw new Error(`${path} is not built: ./dev build bin/${name}`);
  return path;
}

/** A new folder below the system's temporary one, and the function that removes it. Short, since sockets go there. */
export function temporaryFolder(prefix = 'sb'): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `${prefix}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const kFirstPort = 10_000;
const kPortsOfWorker = 5_000;
let nextPort = Math.floor(Math.random() * kPortsOfWorker);

/**
 * A port of 127.0.0.1 on which nobody listens. It is none of those that the system gives away by itself, and each of a suite's
 * workers has some of its own: a program that is stopped and started again finds its port as it left it.
 */
export async function freePort(): Promise<number> {
  const first = kFirstPort + (Number(process.env.VITEST_POOL_ID ?? 0) % 4) * kPortsOfWorker;
  for (;;) {
    const port = first + (nextPort++ % kPortsOfWorker);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/** Asks `probe` again and again until it gives something true; fails with `what` after `limitMs`. */
export async function waitFor<T>(what: string, probe: () => Promise<T> | T, limitMs = 15_000): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value as Exclude<T, false | null | undefined>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms (last: ${last})`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: Buffer;
}

export interface RunOptions extends SpawnOptions {
  input?: string | Buffer;
  timeoutMs?: number;
}

/** Runs a program to its end (at most `timeoutMs`) and collects what it prints. A bad exit code is not an error. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const { input, timeoutMs = 60_000, ...rest } = options;
  const child = spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
  return finish(child, input, timeoutMs);
}

function finish(child: ChildProcess, input: string | Buffer | undefined, timeoutMs: number): Promise<Finished> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout!.on('data', (piece) => out.push(piece));
  child.stderr!.on('data', (piece) => err.push(piece));
  child.stdin!.on('error', () => {}); // a program that reads nothing is no fault of ours
  child.stdin!.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, stdout: Buffer.concat(out), stderr: Buffer.concat(err) });
    });
  });
}
