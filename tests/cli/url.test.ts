// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { json, newSandbox, ok, sandbar } from './sandbar.js';

test('SB-9: url prints where a port is reached, opens it, closes it, and makes links', async () => {
  const id = await newSandbox();
  const label = `8000-${id.replace(/^sb-|-/g, '')}`;
  const plain = (await ok('url', id, '8000')).trim();
  expect(new URL(plain).hostname).toBe(`${label}.localhost`);
  expect(await json('url', id, '8000', '--public')).toMatchObject({ url: plain, port: 8000, public: true });
  expect(await json('url', id, '8000', '--private')).toMatchObject({ public: false });
  const link = (await ok('url', id.slice(0, 14), '8000', '--link', '--for', '30m')).trim();
  expect(link).toMatch(new RegExp(`^http://${label}\\.localhost:\\d+/\\?sandbar_token=\\d+\\.[\\w-]{43}$`));
  await ok('rm', id);
});

test('SB-9: what url cannot do is said', async () => {
  expect((await sandbar('url', 'sb-1', '0')).code).toBe(2);
  expect((await sandbar('url', 'sb-1', '80', '--public', '--link')).code).toBe(2);
  const { code, err } = await sandbar('url', 'sb-1', '80', '--for', '1h');
  expect(code).toBe(2);
  expect(err).toContain('--link');
});
