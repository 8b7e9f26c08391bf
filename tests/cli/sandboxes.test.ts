// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { json, newSandbox, ok, sandbar, sandbarWith, environment } from './sandbar.js';

test('create prints the id and nothing else', async () => {
  const { code, out, err } = await sandbar('create', '--timeout', '10m', '--metadata', 'purpose=test');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^sb-[0-9a-f-]{36}\n$/);
  const sandbox = await json('info', out.trim());
  expect(sandbox).toMatchObject({ status: 'running', template: 'base', timeout_sec: 600, metadata: { purpose: 'test' } });
  await ok('rm', out.trim());
});

test('a list has one aligned line per sandbox, and no colours outside a terminal', async () => {
  const id = await newSandbox();
  const [header, ...rows] = (await ok('ls')).trimEnd().split('\n');
  expect(header).toMatch(/^ID +STATUS +TEMPLATE +CPUS +MEMORY +TIMEOUT +CREATED$/);
  const row = rows.find((line) => line.startsWith(id))!;
  expect(row.indexOf('running')).toBe(header.indexOf('STATUS'));
  expect(row.indexOf('base')).toBe(header.indexOf('TEMPLATE'));
  expect(await ok('ls', '-q')).toContain(`${id}\n`);
  await ok('rm', id);
});

test('a list is narrowed by template, metadata and words, and says when nothing matches', async () => {
  const [id, other] = [await newSandbox('--metadata', 'purpose=needle'), await newSandbox()];
  expect(await ok('ls', '-q', '--metadata', 'purpose=needle')).toBe(`${id}\n`);
  expect(await ok('ls', '-q', '--template', 'base', 'purpose=needle', 'base')).toBe(`${id}\n`);
  expect((await ok('ls', '-q', '--template', 'base')).split('\n')).toEqual(expect.arrayContaining([id, other]));
  expect((await sandbar('ls', 'nowhere')).err).toBe('no sandbox matches\n');
  await ok('rm', id, other);
});

test('the beginning of an id is enough when only one sandbox has it', async () => {
  const id = await newSandbox();
  expect((await json('info', id.slice(0, 14))).id).toBe(id);
  expect((await json('info', id.slice(3, 14))).id).toBe(id);
  await ok('rm', id.slice(3, 16));
  const gone = await sandbar('info', id.slice(0, 14));
  expect(gone.code).toBe(1);
  expect(gone.err).toContain('sandbar ls');
});

test('a beginning that fits several sandboxes is refused and they are named', async () => {
  const ids = [await newSandbox(), await newSandbox()];
  const { code, err } = await sandbar('info', 'sb-');
  expect(code).toBe(2);
  for (const id of ids) expect(err).toContain(id);
  await ok('rm', ...ids);
});

test('pause and resume keep the sandbox; commands to a paused one say what to do', async () => {
  const id = await newSandbox();
  await ok('pause', id);
  expect((await json('info', id)).status).toBe('paused');
  const refused = await sandbar('exec', id, '--', 'true');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('sandbar resume');
  await ok('resume', id, '--timeout', '5m');
  expect(await json('info', id)).toMatchObject({ status: 'running', timeout_sec: 300 });
  await ok('rm', id);
});

test('--all asks first, and refuses when nobody can be asked', async () => {
  const { code, err } = await sandbarWith({ env: environment, input: 'y\n' }, 'rm', '--all');
  expect(code).toBe(2);
  expect(err).toContain('--yes');
  expect((await sandbar('rm')).code).toBe(2);
});

test('a snapshot becomes a template of its name', async () => {
  const id = await newSandbox();
  const name = `cli-test-${process.pid}`;
  expect(await ok('snapshot', id, name)).toBe(`${name}\n`);
  expect((await json('info', id)).status).toBe('running');
  expect(await ok('templates', 'ls')).toMatch(new RegExp(`^${name} +snapshot `, 'm'));
  expect(await ok('templates', 'ls', '--type', 'base')).not.toContain(name);
  const child = await newSandbox(name);
  await ok('rm', id, child);
  expect(await ok('templates', 'rm', name)).toBe(`${name}\n`);
  expect(await ok('templates', 'ls')).not.toContain(name);
});

test('wrong options name themselves and end with 2', async () => {
  for (const [args, text] of [
    [['create', '--timeout', 'soon'], "--timeout 'soon'"],
    [['create', '--memory', 'much'], "--memory 'much'"],
    [['create', '--env', 'NOVALUE'], "--env 'NOVALUE'"],
    [['nonsense'], 'nonsense'],
    [['exec'], 'sandbox'],
  ] as [string[], string][]) {
    const { code, err, out } = await sandbar(...args);
    expect(code, args.join(' ')).toBe(2);
    expect(err + out).toContain(text);
  }
});

test('an unknown template is an error that names it', async () => {
  expect((await sandbar('create', '--template', 'no-such-template')).err).toBe((await sandbar('create', 'no-such-template')).err);
  const { code, err } = await sandbar('create', 'no-such-template');
  expect(code).toBe(1);
  expect(err).toContain('no-such-template');
});

test('with --json an error is JSON on standard error', async () => {
  const { code, out, err } = await sandbar('--json', 'info', 'sb-00000000-0000-4000-8000-00000000dead');
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(JSON.parse(err).error.code).toBe('not_found');
});

test('a server that is not there is named with what to do', async () => {
  const { code, err } = await sandbarWith({ env: { ...environment, SANDBAR_URL: 'http://127.0.0.1:9' } }, 'ls');
  expect(code).toBe(1);
  expect(err).toContain('http://127.0.0.1:9');
  expect(err).toContain('sandbar up');
});
