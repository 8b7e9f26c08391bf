// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { program, run, waitFor } from '@sandbar/test-lib';
import { environment, json, newSandbox, ok, sandbar, sandbarWith } from './sandbar.js';

let id: string;
beforeAll(async () => {
  id = await newSandbox();
});
afterAll(async () => {
  await sandbar('rm', id);
});

const sh = (script: string, ...options: string[]) => sandbar('exec', ...options, id, '--', 'sh', '-c', script);

test('run prints what the program prints, and nothing else', async () => {
  expect(await sandbar('run', '--', 'python3', '-c', 'print(6*7)')).toEqual({ code: 0, out: '42\n', err: '' });
});

test('run leaves no sandbox behind, whatever the command does', async () => {
  const run = (...command: string[]) => sandbar('run', '--metadata', 'made-by=run', '--', ...command);
  expect((await run('sh', '-c', 'exit 9')).code).toBe(9);
  expect((await run('/no/such/program')).code).not.toBe(0);
  expect((await json<any[]>('ls')).filter((sandbox) => sandbox.metadata?.['made-by'] === 'run')).toEqual([]);
});

test('standard output, standard error and the exit code come back apart', async () => {
  expect(await sh('echo out; echo err >&2; exit 7')).toEqual({ code: 7, out: 'out\n', err: 'err\n' });
});

test('the dashes may be left out', async () => {
  expect(await sandbar('exec', id, 'sh', '-c', 'echo "$0 $1"', '-x', '--json')).toMatchObject({ code: 0, out: '-x --json\n' });
});

test('standard input is passed on to its end', async () => {
  const input = Buffer.alloc(3_000_000, 'abcdefg\n');
  const { code, out } = await sandbarWith({ env: environment, input }, 'exec', id, '--', 'sha256sum');
  const local = await run('sha256sum', [], { input });
  expect(code).toBe(0);
  expect(out).toBe(local.stdout.toString());
});

test('binary output comes through byte by byte', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const script = `import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000)`;
  const finished = await run(program('sandbar'), ['exec', id, '--', 'python3', '-c', script], { env: environment });
  expect(finished.stdout.equals(Buffer.concat(Array(1000).fill(bytes)))).toBe(true);
});

test('environment and folder are those that were asked for', async () => {
  expect((await sh('echo "$A-$B"; pwd', '-e', 'A=1', '-e', 'B=x y', '-w', '/usr')).out).toBe('1-x y\n/usr\n');
});

test('a command that is killed ends as a shell would say it', async () => {
  expect((await sh('kill -9 $$')).code).toBe(137);
});

test('a command that does not exist ends as a shell would say it, without advice about sandboxes', async () => {
  const { code, err } = await sandbar('exec', id, '--', 'no-such-command');
  expect([code, err]).toEqual([127, "sandbar: command 'no-such-command' not found\n"]);
});

test('a command that takes too long is killed', async () => {
  const begin = Date.now();
  expect((await sandbar('exec', '--timeout', '1s', id, '--', 'sleep', '50')).code).not.toBe(0);
  expect(Date.now() - begin).toBeLessThan(20_000);
});

for (const [signal, expected] of [['SIGINT', 130], ['SIGTERM', 143]] as const)
  test(`${signal} ends the command in the sandbox`, async () => {
    const child = spawn(program('sandbar'), ['exec', id, '--', 'sh', '-c', 'echo ready; exec sleep 333'], { env: environment });
    await once(child.stdout, 'data');
    child.kill(signal);
    const [code] = await once(child, 'close');
    expect(code).toBe(expected);
    await waitFor('it is gone', async () => !(await ok('ps', id)).includes('sleep 333'));
  });

test('Ctrl-C reaches what the command has started, and the command decides', async () => {
  const child = spawn(program('sandbar'), ['exec', id, '--', 'sh', '-c', "trap 'echo asked; exit 9' INT; echo ready; sleep 333"], { env: environment });
  await once(child.stdout, 'data');
  const said = once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(String((await said)[0])).toBe('asked\n');
  expect((await once(child, 'close'))[0]).toBe(9);
});

test('a second Ctrl-C kills a command that does not listen', async () => {
  const script = "trap 'echo deaf' INT; echo ready; while :; do sleep 0.1; done";
  const child = spawn(program('sandbar'), ['exec', id, '--', 'sh', '-c', script], { env: environment });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(137);
});

test('a command that prints for ever ends when nobody reads any more', async () => {
  const script = `'${program('sandbar')}' exec ${id} -- yes sandbar-yes | head -n 2`;
  const finished = await run('sh', ['-c', script], { env: environment });
  expect(finished.stdout.toString()).toBe('sandbar-yes\nsandbar-yes\n');
  await waitFor('it is gone', async () => !(await ok('ps', id)).includes('sandbar-yes'));
});

test('ps shows what runs, and kill ends it', async () => {
  const child = spawn(program('sandbar'), ['exec', id, '--', 'sleep', '444'], { env: environment });
  const closed = once(child, 'close');
  const row = await waitFor('the row', async () => (await ok('ps', id)).split('\n').find((line) => line.includes('sleep 444')));
  await ok('kill', '-s', 'KILL', id, row.split(/\s+/)[0]);
  const [code] = await closed;
  expect(code).toBe(137);
});

test('a program that does not exist is an error that names it', async () => {
  const { code, err } = await sandbar('exec', id, '--', '/no/such/program');
  expect(code).not.toBe(0);
  expect(err).toContain('/no/such/program');
});
