// SPDX-License-Identifier: Apache-2.0
// The built dashboard, served beside the API.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { program, run } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from './platform';

const platform = new Platform();
const folder = join(platform.temporary, 'web');
const page = `<meta content="script-src 'self' 'sha256-abc='"><script>boot()</script>the dashboard`;
const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

function write(path: string, bytes: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

beforeAll(async () => {
  write('index.html', page);
  write('first.js', 'let theme');
  write('favicon.svg', '<svg/>');
  write('_app/version.json', '{}');
  write('_app/immutable/a.js', 'let a = 1');
  write('_app/immutable/a.js.gz', gzipSync('let a = 1'));
  write('.env', 'SECRET=1');
  symlinkSync('/etc/hostname', join(folder, 'hostname.txt'));
  await platform.start({ hosts: 0, settings: { SANDBAR_WEB: folder } });
});
afterAll(() => platform.stop());

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** As it is, without what fetch makes of paths and encodings. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  const { hostname, port } = new URL(platform.url);
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => done({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }));
    });
    sent.on('error', fail);
    sent.end();
  });
}

test('the root leads to the dashboard, and every page is the same file', async () => {
  expect(await ask('/', html)).toMatchObject({ status: 302, headers: { location: '/dashboard' } });
  for (const path of ['/dashboard', '/login', '/auth/github/callback?code=1', '/dashboard/templates/python-3.11', '/admin/hosts?tab=byoc', '/no/such/page']) {
    const answer = await ask(path, html);
    expect(answer.status, path).toBe(200);
    expect(answer.body.toString()).toBe(page);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  }
});

test('files have their types, and what is named by its content is kept', async () => {
  expect((await ask('/first.js')).headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' });
  expect((await ask('/favicon.svg')).headers).toMatchObject({ 'content-type': 'image/svg+xml' });
  expect((await ask('/_app/version.json')).headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-cache' });
  expect((await ask('/_app/immutable/a.js')).headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable' });
});

test('a compressed form is for those who take it', async () => {
  const plain = await ask('/_app/immutable/a.js');
  expect(plain.body.toString()).toBe('let a = 1');
  expect(plain.headers['content-encoding']).toBeUndefined();
  const packed = await ask('/_app/immutable/a.js', { 'Accept-Encoding': 'gzip, br' });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-type': 'text/javascript; charset=utf-8' });
  expect(packed.body).toEqual(gzipSync('let a = 1'));
  expect(packed.headers.etag).not.toBe(plain.headers.etag);
});

test('who has a file is not sent it again', async () => {
  const first = await ask('/dashboard', html);
  const again = await ask('/dashboard', { ...html, 'If-None-Match': String(first.headers.etag) });
  expect(again).toMatchObject({ status: 304, headers: { etag: first.headers.etag } });
  expect(again.body).toHaveLength(0);
});

test('HEAD tells the same without the body', async () => {
  const head = await ask('/dashboard', html, 'HEAD');
  expect(head.status).toBe(200);
  expect(head.headers['content-length']).toBe(String(page.length));
  expect(head.body).toHaveLength(0);
});

test('nothing from elsewhere runs in the pages, and nobody frames them', async () => {
  const { headers } = await ask('/dashboard', html);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'self' 'sha256-abc=';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|\*/);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
});

test('what is missing is missing', async () => {
  for (const path of ['/_app/immutable/old.js', '/_app/nothing']) expect((await ask(path, html)).status, path).toBe(404);
  for (const path of ['/missing.js', '/dashboard', '/_app/immutable/a.js.gz']) expect((await ask(path, { Accept: '*/*' })).status, path).toBe(404);
  expect((await ask('/dashboard', html, 'POST')).status).toBe(404);
});

test('the API is what it is without a dashboard', async () => {
  expect(await ask('/v1/nothing', html)).toMatchObject({ status: 404, headers: { 'content-type': 'application/json' } });
  expect((await ask('/v1/sandboxes', html)).status).toBe(401);
  expect((await ask('/healthz', html)).headers['content-type']).not.toContain('html');
  expect((await ask('/auth/oauth/github', html)).status).toBe(404);
  expect((await ask('/docs', html)).body.toString()).not.toBe(page);
  expect((await ask('/v1/me', html, 'DELETE')).status).toBe(401);
});

test('no path leads out of the folder or to what is hidden in it', async () => {
  const paths = ['/.env', '/%2eenv', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/_app/..%2f..%2f..%2fetc/passwd', '/..%5c..%5cetc', '/a%00.html', '/%ff', '//../.env', '/hostname.txt'];
  for (const path of paths) {
    expect([400, 404], path).toContain((await ask(path)).status);
    const answer = await ask(path, html);
    if (answer.status === 200) expect(answer.body.toString(), path).toBe(page);
    else expect([400, 404], path).toContain(answer.status);
  }
});

test('the host names of sandboxes have no dashboard', async () => {
  const answer = await ask('/dashboard', { ...html, Host: '8000-sb-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11.localhost' });
  expect(answer.status).not.toBe(200);
  expect(answer.body.toString()).not.toContain('the dashboard');
});

test('a folder without a page is refused at the start', async () => {
  const env = { PATH: process.env.PATH!, ...platform.environment, SANDBAR_LISTEN: '127.0.0.1:0', SANDBAR_WEB: join(folder, '_app') };
  const ended = await run(program('sandbar-control'), [], { env, cwd: platform.temporary });
  expect(ended.code).not.toBe(0);
  expect(ended.stderr.toString()).toContain('no index.html');
});
