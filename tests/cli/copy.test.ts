// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, run, temporaryFolder } from '@sandbar/test-lib';
import { environment, newSandbox, ok, sandbar } from './sandbar.js';

let id: string;
let remote: string;
const here = temporaryFolder();

beforeAll(async () => {
  id = await newSandbox();
  remote = (await ok('exec', id, '--', 'mktemp', '-d')).trim();
});
afterAll(async () => {
  await sandbar('rm', id);
  here.remove();
});

const local = (name: string) => join(here.path, name);

test('a file goes in and comes out unchanged, whatever its bytes', async () => {
  const bytes = randomBytes(9_000_001);
  writeFileSync(local('in.bin'), bytes);
  await ok('cp', local('in.bin'), `${id}:${remote}/data.bin`);
  expect((await ok('exec', id, '--', 'stat', '-c', '%s', `${remote}/data.bin`)).trim()).toBe('9000001');
  await ok('cp', `${id}:${remote}/data.bin`, local('out.bin'));
  expect(readFileSync(local('out.bin')).equals(bytes)).toBe(true);
});

test('into a folder a file keeps its name; the beginning of the id is enough', async () => {
  writeFileSync(local('a name with spaces & ümlauts.txt'), 'hello');
  await ok('cp', local('a name with spaces & ümlauts.txt'), `${id.slice(3, 14)}:${remote}`);
  expect(await ok('exec', id, '--', 'cat', `${remote}/a name with spaces & ümlauts.txt`)).toBe('hello');
});

test('a folder goes both ways with all that is in it', async () => {
  mkdirSync(local('tree/deep/er'), { recursive: true });
  mkdirSync(local('tree/empty'));
  writeFileSync(local('tree/one'), '1');
  writeFileSync(local('tree/deep/er/two'), '22');
  await ok('cp', local('tree'), `${id}:${remote}/tree`);
  expect((await ok('exec', id, '--', 'sh', '-c', `cd ${remote}/tree && find . | sort`)).split('\n')).toEqual([
    '.', './deep', './deep/er', './deep/er/two', './empty', './one', '',
  ]);
  await ok('cp', `${id}:${remote}/tree`, local('back'));
  expect(readdirSync(local('back')).sort()).toEqual(['deep', 'empty', 'one']);
  expect(readFileSync(local('back/deep/er/two'), 'utf8')).toBe('22');
});

test('standard input and output are files named -', async () => {
  const sent = await run(program('sandbar'), ['cp', '-', `${id}:${remote}/piped`], { env: environment, input: 'through a pipe' });
  expect(sent.code).toBe(0);
  expect(await ok('cp', `${id}:${remote}/piped`, '-')).toBe('through a pipe');
});

test('a file that does not exist is named, on either side, and leaves nothing behind', async () => {
  const there = await sandbar('cp', `${id}:${remote}/missing`, local('never'));
  expect(there.code).toBe(1);
  expect(there.err).toContain(`${remote}/missing`);
  expect(existsSync(local('never'))).toBe(false);
  const nowhere = await sandbar('cp', local('missing'), `${id}:${remote}/x`);
  expect(nowhere.code).toBe(1);
  expect(nowhere.err).toContain('missing');
});

test('a link that lies in the way here is not written through', async () => {
  writeFileSync(local('precious'), 'precious');
  mkdirSync(local('trap/tree'), { recursive: true });
  symlinkSync(local('precious'), local('trap/tree/one'));
  const { code, err } = await sandbar('cp', `${id}:${remote}/tree`, local('trap'));
  expect(code).not.toBe(0);
  expect(err).toContain('symbolic link');
  expect(readFileSync(local('precious'), 'utf8')).toBe('precious');
});

test('copying between two places of the same kind is refused with what is possible', async () => {
  expect((await sandbar('cp', local('in.bin'), local('x'))).code).toBe(2);
  expect((await sandbar('cp', `${id}:/a`, `${id}:/b`)).err).toContain('cp FILE');
});
