// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { program, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { Installation, isAlive } from './installation.js';

const installation = new Installation();
const pages = temporaryFolder('sbweb');
beforeAll(async () => {
  writeFileSync(join(pages.path, 'index.html'), 'the dashboard');
  chmodSync(pages.path, 0o755);
  await installation.start('--tls-listen', '127.0.0.1:0', '--control-env', `SANDBAR_WEB=${pages.path}`);
});
afterAll(async () => {
  await installation.remove();
  pages.remove();
});

const services = ['control', 'agent', 'postgres'] as const;

function user(...args: string[]) {
  const env = { PATH: process.env.PATH, SANDBAR_CONFIG: '/nonexistent/c', SANDBAR_URL: installation.url, SANDBAR_API_KEY: installation.admin.api_key };
  return run(program('sandbar'), args, { env });
}

test('what up prints is enough to begin, and its command works', async () => {
  const again = await installation.upAgain();
  const text = again.stdout.toString();
  for (const part of [installation.url, installation.admin.email, installation.admin.password, installation.admin.api_key]) expect(text).toContain(part);
  const command = /^Try: +(.*)$/m.exec(text)![1];
  const tried = await run('sh', ['-c', command], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
  expect(tried.stderr.toString()).toBe('');
  expect(tried.stdout.toString()).toBe('42\n');
});

test('the dashboard’s address is printed first, and leads to it', async () => {
  const text = (await installation.upAgain()).stdout.toString();
  const [, address] = /running\.\s+dashboard +(\S+)/.exec(text)!;
  const answer = await fetch(address, { headers: { Accept: 'text/html' } });
  expect(answer.url).toBe(`${installation.url}/dashboard`);
  expect(await answer.text()).toBe('the dashboard');
});

test('SB-9: with --tls the API and ports of sandboxes are reached over HTTPS by whoever trusts the authority', async () => {
  const { tls_url, authority } = JSON.parse(readFileSync(join(installation.state, 'info.json'), 'utf8'));
  const { port } = new URL(tls_url);
  const ask = (host: string) =>
    new Promise<number>((done, fail) => {
      const options = { hostname: '127.0.0.1', port, servername: host, headers: { Host: host }, ca: readFileSync(authority), agent: false };
      request(options, (response) => done(response.resume().statusCode!)).on('error', fail).end();
    });
  expect(await ask('localhost')).toBe(302);
  expect(await ask('8000-nonexistingsandbox.sandbar.localhost')).toBe(502);
  await expect(ask('elsewhere.example')).rejects.toThrow();
  expect(statSync(join(installation.state, 'tls/authority.key')).mode & 0o777).toBe(0o400);
});

test('a second up changes nothing', async () => {
  const before = services.map((name) => installation.pid(name));
  expect((await installation.upAgain()).code).toBe(0);
  expect(services.map((name) => installation.pid(name))).toEqual(before);
});

test('secrets are for their owners only', () => {
  expect(statSync(join(installation.state, 'admin.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(installation.state, 'secret')).mode & 0o777).toBe(0o400);
  expect(statSync(join(installation.state, 'postgres')).mode & 0o777).toBe(0o700);
});

test('control and PostgreSQL do not run as root', () => {
  for (const name of ['control', 'postgres'] as const) expect(statSync(`/proc/${installation.pid(name)}`).uid, name).not.toBe(0);
});

test.each(services)('%s is started again when it is killed', async (name) => {
  const before = installation.pid(name);
  process.kill(before, 'SIGKILL');
  await waitFor('a successor', () => installation.pid(name) !== before && isAlive(installation.pid(name)), 30_000);
  await waitFor('an answer', async () => (await user('ls')).code === 0, 30_000);
});

test('after the supervisor was killed, up takes over and sandboxes are still there', async () => {
  const id = (await user('create')).stdout.toString().trim();
  const old = services.map((name) => installation.pid(name));
  process.kill(installation.pid('up'), 'SIGKILL');
  expect((await user('info', id)).code).toBe(0);
  expect((await installation.upAgain()).code).toBe(0);
  for (const pid of old) expect(isAlive(pid)).toBe(false);
  expect((await user('info', id)).code).toBe(0);
  await user('rm', id);
});

test('another installation lives beside, on ports and state of its own', async () => {
  const other = await new Installation().start();
  try {
    expect(other.url).not.toBe(installation.url);
    expect(other.admin.api_key).not.toBe(installation.admin.api_key);
    expect((await other.down()).code).toBe(0);
    expect(isAlive(installation.pid('control'))).toBe(true);
  } finally {
    await other.remove();
  }
});

test('an address that is taken is refused with the option that changes it', async () => {
  const other = new Installation();
  const refused = await other.upAgain('--hypervisor', 'fake', '--listen', installation.url.replace('http://', ''));
  expect(refused.code).toBe(1);
  expect(refused.stderr.toString()).toContain('--listen');
  await other.remove();
});

test('down leaves nothing running, and up brings everything back', async () => {
  const pids = [installation.pid('up'), ...services.map((name) => installation.pid(name))];
  const down = await installation.down();
  expect(down.code).toBe(0);
  for (const pid of pids) expect(isAlive(pid)).toBe(false);
  expect((await installation.down()).stderr.toString()).toContain('Nothing is running');
  expect((await installation.upAgain()).code).toBe(0);
  expect((await user('ls')).code).toBe(0);
});
