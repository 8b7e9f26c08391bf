// SPDX-License-Identifier: Apache-2.0
// Builds of real templates that go wrong: each says why, and leaves nothing half-made.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, repository, run, temporaryFolder, waitFor, type Finished } from '@sandbar/test-lib';
import { afterAll, expect, test } from 'vitest';

const { path: folder, remove } = temporaryFolder('sbbuild');
const id = 'tpl-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
const env = { PATH: process.env.PATH! }; // the agent refuses variables of ours that are no settings
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) execFileSync('umount', [mount]);
  remove();
});

/** A state folder with the packages that earlier runs have downloaded. */
function newState(name: string): string {
  const state = join(folder, name);
  mkdirSync(state, { recursive: true });
  const cache = join(repository, 'build/vm-cache');
  for (const kept of ['kernel', 'cache']) if (existsSync(join(cache, kept))) execFileSync('cp', ['-a', join(cache, kept), state]);
  return state;
}

function arguments_(state: string, definition: string): string[] {
  const file = join(folder, `${Math.random()}.template`);
  writeFileSync(file, definition);
  return ['template', 'build', file, '--id', id, '--state', state];
}

function build(state: string, definition: string): Promise<Finished> {
  return run(program('sandbar-agent'), arguments_(state, definition), { env, timeoutMs: 170_000 });
}

const listed = (path: string) => (existsSync(path) ? readdirSync(path).filter((name) => name !== 'lock') : []);

function expectNothingLeft(state: string): void {
  expect(listed(join(state, 'templates'))).toEqual([]);
  expect(listed(join(state, 'build'))).toEqual([]);
  expect(scratches()).toEqual([]);
}

/** A build works in memory where there is enough of it. What others left there before is not ours. */
const scratchesNow = () => readdirSync('/dev/shm').filter((name) => /^sandbar-.*-scratch-/.test(name));
const foreign = scratchesNow();
const scratches = () => scratchesNow().filter((name) => !foreign.includes(name));

function installers(): string[] {
  const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes('mmdebstrap') && scratches().some((name) => line.includes(name)));
}

test('AD-4: a package that Debian does not have is named before anything is installed', async () => {
  const state = newState('unknown');
  const built = await build(state, 'name a\npackage coreutils sandbar-no-such-package\n');
  expect(built.code).toBe(1);
  expect(built.stderr.toString()).toMatch(/Debian has no such package: sandbar-no-such-package/);
  expect(built.stdout.toString()).not.toMatch(/downloading/);
  expectNothingLeft(state);
});

test('AD-4: a command that fails ends the build, with what it said', async () => {
  const state = newState('failing');
  const built = await build(state, 'name a\nrun echo looking for it; ls /nowhere\nrun touch /never\n');
  expect(built.code).toBe(1);
  expect(built.stdout.toString()).toMatch(/looking for it\n/);
  expect(built.stderr.toString()).toMatch(/run echo looking for it.*failed with status 2[^]*\/nowhere.*No such file/);
  expectNothingLeft(state);
});

test('AD-4: a build that is killed takes its programs with it, and the next one removes its scratch', async () => {
  const state = newState('killed');
  const child = spawn(program('sandbar-agent'), arguments_(state, 'name a\n'), { env, stdio: 'ignore' });
  await waitFor('packages are being installed', () => installers().length > 0, 60_000);
  child.kill('SIGKILL');
  await waitFor('its programs have ended', () => installers().length === 0);
  expect(listed(join(state, 'templates'))).toEqual([]);
  expect(scratches()).not.toEqual([]);
  // What the killed one had started may hold the folder for a moment longer.
  await waitFor('the next build begins', async () => {
    const next = await build(state, 'name a\npackage sandbar-no-such-package\n');
    return next.stderr.toString().includes('Debian has no such package');
  });
  expectNothingLeft(state);
  expect(listed(join(state, 'run/netns'))).toEqual([]);
});

test('AD-4: a disk that fills up during a build is called by its name', async () => {
  const small = join(folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'sandbar-test', small]);
  mounts.push(small);
  const refused = await build(small, 'name a\n');
  expect(refused.stderr.toString()).toMatch(/a build needs 2048 MiB free in .*, there are \d+ MiB/);
  execFileSync('mount', ['-o', 'remount,size=2600m', small]);
  newState('small');
  const built = await build(small, 'name a\ndisk 8GiB\nrun head -c 2500M /dev/urandom > /big\n');
  expect(built.code).toBe(1);
  expect(built.stderr.toString()).toMatch(/No space left on device|Could not allocate block/);
  expectNothingLeft(small);
});
