// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform();
let ada: Client;
let id: string;
const files = (rest: string) => `/v1/sandboxes/${id}/files${rest}`;
const at = (path: string) => files(`?path=${encodeURIComponent(path)}`);

beforeAll(async () => {
  ada = await platform.newUser();
  ({ id } = await ada.sandbox());
});

test('a file is what was written, and its entry says so', async () => {
  const bytes = randomBytes(100_000);
  const entry = (await ada.put(at('a/b/c.bin'), bytes, 200)).body;
  expect(entry).toMatchObject({ name: 'c.bin', type: 'file', size: 100_000 });
  const read = await ada.get(at('a/b/c.bin'), 200);
  expect(read.body.equals(bytes)).toBe(true);
  expect(read.headers.get('content-type')).toBe('application/octet-stream');
  expect((await ada.get(files('/stat?path=a/b/c.bin'), 200)).body.size).toBe(100_000);
});

test('a part of a file is read by its range', async () => {
  await ada.put(at('digits'), '0123456789', 200);
  const part = await ada.request('GET', at('digits'), { headers: { Range: 'bytes=2-4' } }, 206);
  expect(part.body.toString()).toBe('234');
  expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
});

test('an empty file and a name with odd characters are files too', async () => {
  await ada.put(at('empty'), '', 200);
  expect((await ada.get(at('empty'), 200)).body).toHaveLength(0);
  const odd = 'ä b%2f?&#.txt';
  await ada.put(at(odd), 'odd', 200);
  expect((await ada.get(at(odd), 200)).body.toString()).toBe('odd');
  expect((await ada.get(files('/list?path=.'), 200)).body.items.map((item: Json) => item.name)).toContain(odd);
});

test('a large file passes through without being held', async () => {
  const piece = randomBytes(1 << 20);
  const sum = createHash('sha256');
  async function* pieces() {
    for (let i = 0; i < 64; ++i) yield (sum.update(piece), piece);
  }
  await ada.put(at('large'), pieces(), 200);
  const read = (await ada.get(at('large'), 200)).body;
  expect(createHash('sha256').update(read).digest('hex')).toBe(sum.digest('hex'));
  const { body } = await platform.anonymous().get('/metrics');
  expect(Number(body.match(/^process_resident_memory_bytes (\d+)/m)![1])).toBeLessThan(150 << 20);
});

test('directories are made, listed to a depth, moved and removed', async () => {
  expect((await ada.post(files('/mkdir'), { path: 'd/e' }, 201)).body.type).toBe('directory');
  await ada.put(at('d/e/f'), 'x', 200);
  const names = async (query: string) => (await ada.get(files(`/list?${query}`), 200)).body.items.map((item: Json) => item.name);
  expect(await names('path=d')).toEqual(['e']);
  expect(await names('path=d&depth=2')).toEqual(['e', 'f']);
  expect((await ada.post(files('/move'), { source: 'd/e/f', destination: 'd/g' }, 200)).body.path).toMatch(/\/d\/g$/);
  await ada.refused('GET', files('/stat?path=d/e/f'), undefined, 404, 'not_found');
  await ada.delete(at('d'), 204);
  await ada.refused('GET', files('/list?path=d'), undefined, 404, 'not_found');
});

test('what cannot be is refused: no path, a directory as a file, a missing file', async () => {
  await ada.refused('GET', files(''), undefined, 400, 'invalid_request');
  await ada.refused('GET', at('/tmp'), undefined, 400, 'invalid_request');
  await ada.refused('GET', at('none'), undefined, 404, 'not_found');
  await ada.refused('POST', files('/move'), { source: 'none', destination: 'x' }, 404, 'not_found');
  expect((await ada.put(at('/tmp'), 'x')).status).toBe(400);
});

test('a watch tells what happens in a directory', async () => {
  await ada.post(files('/mkdir'), { path: 'watched' }, 201);
  const socket = await ada.socket(files('/watch?path=watched'));
  await socket.frame('started');
  await ada.put(at('watched/new.txt'), 'x', 200);
  await waitFor('the file is announced', () => socket.frames.some((frame) => frame.type === 'event' && frame.name === 'new.txt'));
  socket.close();
  await expect(ada.socket(files('/watch?path=none'))).rejects.toThrow('404');
});

test('a half-sent upload leaves no file and harms nobody', async () => {
  const { hostname, port } = new URL(platform.url);
  const socket = connect(Number(port), hostname);
  const head = `PUT ${at('half')} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ada.account.token}\r\nContent-Length: 1000000\r\n\r\n`;
  await new Promise<void>((sent) => socket.write(`${head}${'x'.repeat(100_000)}`, () => sent()));
  socket.destroy();
  await ada.put(at('whole'), 'whole', 200);
  expect((await ada.get(at('whole'), 200)).body.toString()).toBe('whole');
  await waitFor('the request has ended', async () =>
    (await platform.anonymous().get('/metrics')).body.includes('method="PUT",route="/v1/sandboxes/{id}/files",status="4xx"'));
  const half = await ada.get(files('/stat?path=half'));
  expect(half.status === 404 || half.body.size < 1_000_000).toBe(true);
});
