// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@sandbar/test-lib';
import { afterAll, expect, test } from 'vitest';
import { json, newSandbox, ok, sandbar } from './sandbar';

const { path: folder, remove } = temporaryFolder('sbdef');
afterAll(remove);

function definition(name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('AD-4: a definition with what it includes is built, with its log on the screen', async () => {
  definition('below.template', 'name below\npackage curl\nenv FROM=below\n');
  definition('page.html', '<p>\n  hello\n');
  const file = definition('web.template', 'include below.template\nname cli-web\nfile /page.html < page.html\nrun echo built here\n');
  const out = await ok('templates', 'build', file);
  expect(out).toMatch(/^package curl$/m);
  expect(out).toMatch(/^built here$/m);
  expect(out).toMatch(/\[100%\] template is ready\n$/);
  const id = await newSandbox('cli-web');
  expect(await ok('exec', id, '--', 'sh', '-c', 'cat page.html; echo $FROM')).toBe('<p>\n  hello\nbelow\n');
  await ok('rm', id);
  const [build] = await json('templates', 'builds');
  expect(build).toMatchObject({ name: 'cli-web', status: 'success' });
  expect(await ok('templates', 'log', build.id)).toBe(out);
  expect((await sandbar('templates', 'cancel', build.id)).err).toMatch(/over/);
  await ok('templates', 'rm', 'cli-web');
});

test('AD-4: a build that fails is a failure of the command, with the reason', async () => {
  const { code, out, err } = await sandbar('templates', 'build', definition('bad.template', 'name cli-bad\nrun echo trying; false\n'));
  expect(code).toBe(1);
  expect(out).toMatch(/^trying$/m);
  expect(err).toMatch(/the build failed: run echo trying; false/);
  const missing = await sandbar('templates', 'build', join(folder, 'nowhere.template'));
  expect(missing.code).not.toBe(0);
});
