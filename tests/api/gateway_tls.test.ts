// SPDX-License-Identifier: Apache-2.0
// HTTPS for the API and for ports of sandboxes, with a certificate that is replaced while control runs.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { program, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, type Reply } from './gateway';
import { usePlatform } from './platform';

const folder = temporaryFolder('sbtls');
const file = (name: string) => join(folder.path, name);
afterAll(() => folder.remove());

/** A self-signed certificate with a wildcard, and its key. */
function make(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:boxes.example,DNS:*.boxes.example'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file(`${name}.key`)];
  execFileSync('openssl', ['req', '-x509', '-days', '2', '-out', file(`${name}.pem`), ...key, ...subject], { stdio: 'ignore' });
}

function install(name: string): void {
  for (const kind of ['key', 'pem']) {
    writeFileSync(file(`next.${kind}`), readFileSync(file(`${name}.${kind}`)));
    renameSync(file(`next.${kind}`), file(`used.${kind}`));
  }
}

make('first');
make('second');
install('first');

const settings = {
  SANDBAR_DOMAIN: 'boxes.example',
  SANDBAR_TLS_LISTEN: '127.0.0.1:0',
  SANDBAR_TLS_CERTIFICATE: file('used.pem'),
  SANDBAR_TLS_KEY: file('used.key'),
  SANDBAR_TLS_RELOAD: '100ms',
};
const platform = usePlatform({ hosts: 0, settings });
let port: number;

beforeAll(async () => {
  const [, url] = await platform.control.printed(/listening on (https:\/\/\S+)/);
  port = Number(new URL(url).port);
});

function ask(host: string, path: string, options: RequestOptions = {}): Promise<Reply & { certificate: string }> {
  const ca = ['first', 'second'].map((name) => readFileSync(file(`${name}.pem`)));
  return new Promise((done, fail) => {
    const outgoing = request({ hostname: '127.0.0.1', port, path, servername: host, headers: { Host: host }, ca, agent: false, ...options });
    outgoing.on('error', fail);
    outgoing.on('response', async (response) => {
      const certificate = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
      done({ ...(await collect(response)), certificate });
    });
    outgoing.end();
  });
}

const sandbox = '8000-0b6f3a521f4e4c7a9a532d1d6f1f5a11.boxes.example';

test('SB-9: the API and the ports of sandboxes answer over TLS, under one wildcard certificate', async () => {
  expect((await ask('boxes.example', '/healthz')).status).toBe(200);
  const { status, json } = await ask(sandbox, '/');
  expect([status, json.message]).toEqual([502, 'The sandbox was not found']);
  await expect(ask('elsewhere.example', '/')).rejects.toThrow();
  await expect(ask(sandbox, '/', { maxVersion: 'TLSv1.2' })).rejects.toThrow();
});

test('SB-9: a renewed certificate is used for new connections, and half a renewal is not', async () => {
  expect((await ask(sandbox, '/')).certificate).toBe('first');
  writeFileSync(file('used.key'), 'nonsense');
  await platform.control.printed(/new certificate not usable/);
  expect((await ask(sandbox, '/')).certificate).toBe('first');
  install('second');
  await waitFor('the second one is shown', async () => (await ask(sandbox, '/')).certificate === 'second');
});

test('SB-9: the addresses that are handed out are those of HTTPS', async () => {
  const ada = await platform.newUser();
  const id = 'sb-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';
  const { body } = await ada.get('/v1/me');
  platform.sql(`INSERT INTO sandboxes (id, team_id, template, vcpus, memory_mb, disk_mb)
    SELECT '${id.slice(3)}', team_id, 'base', 1, 512, 1024 FROM users_teams JOIN users ON users.id = user_id WHERE email = '${body.email}'`);
  const { url } = (await ada.post(`/v1/sandboxes/${id}/links`, { port: 8000 }, 201)).body;
  expect(new URL(url).origin).toBe(`https://${sandbox}:${port}`);
  const first = await ask(sandbox, new URL(url).pathname + new URL(url).search, {
    headers: { Host: `${sandbox}:${port}`, 'Sec-Fetch-Mode': 'navigate' },
  });
  expect(first.status).toBe(303);
  expect(first.headers['set-cookie']![0]).toMatch(/^__Host-sandbar_link=.*; Secure$/);
});

test('SB-9: settings that cannot work are refused at the start', async () => {
  const base = { PATH: process.env.PATH!, SANDBAR_DATABASE_URL: 'host=/nowhere', SANDBAR_SECRET: 'x'.repeat(40) };
  const refused = async (env: Record<string, string>, name: string) => {
    const { code, stderr, stdout } = await run(program('sandbar-control'), [], { env: { ...base, ...env }, cwd: folder.path });
    expect(code).not.toBe(0);
    expect(`${stderr}${stdout}`).toContain(name);
  };
  await refused({ SANDBAR_TLS_LISTEN: '127.0.0.1:0' }, 'SANDBAR_TLS_CERTIFICATE');
  await refused({ SANDBAR_DOMAIN: '.example' }, 'SANDBAR_DOMAIN');
  await refused({ SANDBAR_SANDBOX_URL: 'https://example.org' }, 'SANDBAR_SANDBOX_URL');
});
