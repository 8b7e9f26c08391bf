// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, inject, test } from 'vitest';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@sandbar/test-lib';
import { environment, sandbar, sandbarWith } from './sandbar.js';

const home = temporaryFolder();
afterAll(home.remove);

const config = join(home.path, 'config/config.json');
const { SANDBAR_API_KEY: key, ...anonymous } = { ...environment, SANDBAR_CONFIG: config };
const user = (...args: string[]) => sandbarWith({ env: anonymous }, ...args);

test('without credentials the program says how to get some', async () => {
  const { code, err } = await user('ls');
  expect(code).toBe(1);
  expect(err).toContain('not logged in');
  expect(err).toContain('sandbar login');
});

test('a login with a password makes an API key and keeps it for its owner only', async () => {
  const login = await sandbarWith({ env: anonymous, input: `${inject('password')}\n` }, 'login', inject('email'));
  expect(login.err).toBe('');
  expect(login.code).toBe(0);
  expect(statSync(config).mode & 0o777).toBe(0o600);
  const stored = JSON.parse(readFileSync(config, 'utf8'));
  const profile = stored.profiles[stored.current];
  expect(profile.api_key).toMatch(/^sbk_[0-9a-f]{40}$/);
  expect(profile.api_key).not.toBe(key);
  expect((await user('ls')).code).toBe(0);
});

test('who is logged in is shown', async () => {
  const { code, out } = await user('whoami');
  expect(code).toBe(0);
  expect(out).toContain(inject('url'));
});

test('sessions are listed, and others can be ended', async () => {
  const listed = JSON.parse((await user('--json', 'sessions')).out) as { id: string; is_current: boolean }[];
  expect(listed.filter(({ is_current }) => is_current)).toHaveLength(1);
  expect((await user('sessions', 'end')).code).toBe(2);
  expect((await user('sessions', 'end', '--others')).code).toBe(0);
  expect((await user('sessions', 'ls')).out.trim().split('\n')).toHaveLength(2);
});

test('a session that has run out is renewed, and one that has ended is not', async () => {
  const stored = JSON.parse(readFileSync(config, 'utf8'));
  const profile = stored.profiles[stored.current];
  const put = (session: string, renewal: string) => {
    Object.assign(profile, { session, renewal });
    writeFileSync(config, JSON.stringify(stored));
  };
  const { renewal } = profile;
  put('run.out', renewal);
  expect((await user('sessions', 'ls')).err).toBe('');
  const renewed = JSON.parse(readFileSync(config, 'utf8')).profiles[stored.current];
  expect(renewed.session).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(renewed.renewal).not.toBe(renewal);
  expect(renewed.api_key).toBe(profile.api_key);
  put('run.out', 'made up');
  const refused = await user('sessions', 'ls');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('sandbar login');
  put(renewed.session, renewed.renewal);
  expect((await user('sessions', 'ls')).code).toBe(0);
});

test('a wrong current password changes nothing', async () => {
  const refused = await sandbarWith({ env: anonymous, input: 'wrong horse\nbattery staple\n' }, 'password');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('current password is wrong');
});

test('a logged-in person makes, lists and revokes keys', async () => {
  const made = await user('keys', 'create', 'for a test');
  expect(made.out).toMatch(/^sbk_[0-9a-f]{40}\n$/);
  const withKey = { ...anonymous, SANDBAR_API_KEY: made.out.trim() };
  expect((await sandbarWith({ env: withKey }, 'ls')).code).toBe(0);
  const listed = JSON.parse((await user('--json', 'keys', 'ls')).out) as { id: string; name: string }[];
  const { id } = listed.find(({ name }) => name === 'for a test')!;
  expect((await user('keys', 'revoke', id)).code).toBe(0);
  const refused = await sandbarWith({ env: withKey }, 'ls');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('sandbar login');
});

test('an API key alone does not manage keys, and the message says why', async () => {
  const { code, err } = await sandbar('keys', 'ls');
  expect(code).toBe(1);
  expect(err).toContain('an API key is not enough');
});

test('HO-2: hosts are listed, tagged, drained and removed, and adding one prints the command that it joins with', async () => {
  const hosts = await user('hosts', 'ls');
  expect(hosts.out).toMatch(/^host-.* online /m);
  const added = await user('hosts', 'add', '--address', 'example.org:7443');
  expect(added.out).toMatch(/^\.\/dev agent join http\S+ --token [0-9a-f]{64} --address example.org:7443\n$/);
  const { id } = JSON.parse((await user('--json', 'hosts', 'ls', '--status', 'pending')).out)[0];
  expect((await user('hosts', 'token', id)).out).toMatch(/^\.\/dev agent join http\S+ --token [0-9a-f]{64}\n$/);
  expect((await user('hosts', 'tags', id, '--add', 'gpu', '--add', 'eu')).out).toBe('eu\ngpu\n');
  expect((await user('hosts', 'tags', id, '--remove', 'eu')).out).toBe('gpu\n');
  expect((await user('hosts', 'info', id)).out).toMatch(/^tags +gpu$/m);
  expect((await user('hosts', 'ls', '--tag', 'gpu')).out).toContain(id);
  const online = hosts.out.match(/^(host-\S+) /m)![1];
  expect((await user('hosts', 'drain', online)).out).toBe(`${online} draining\n`);
  expect((await user('hosts', 'undrain', online)).out).toBe(`${online} online\n`);
  expect((await user('hosts', 'rm', id)).out).toBe(`${id}\n`);
  expect((await user('hosts', 'rm', id)).code).toBe(1);
});

test('the audit trail names who did what', async () => {
  const { code, out } = await user('audit', '--resource', 'api_key');
  expect(code).toBe(0);
  expect(out).toMatch(/api_key revoke +key-/);
  const [, id] = /api_key revoke +(key-\S+)/.exec(out)!;
  const lines = (await user('audit', '--id', id)).out.trim().split('\n').slice(1);
  expect(lines.map((line) => / api_key (\w+) /.exec(line)?.[1])).toEqual(['revoke', 'create']);
});

test('a stored key is never sent to another server', async () => {
  const { err } = await sandbarWith({ env: { ...anonymous, SANDBAR_URL: 'http://127.0.0.1:9' } }, 'ls');
  expect(err).toContain('not logged in to http://127.0.0.1:9');
});

test('a good API key can be stored, a bad one is refused', async () => {
  const bad = await user('--api-key', `sbk_${'0'.repeat(40)}`, 'login');
  expect(bad.code).toBe(1);
  expect((await user('--api-key', key, '--profile', 'other', 'login')).code).toBe(0);
  expect(JSON.parse(readFileSync(config, 'utf8')).current).toBe('other');
  expect((await user('--profile', 'nobody', 'ls')).err).toContain("profile 'nobody'");
});

test('logout forgets the credentials', async () => {
  expect((await user('--profile', 'other', 'logout')).code).toBe(0);
  expect(readFileSync(config, 'utf8')).not.toContain('"other"');
});

test('a damaged configuration is named, not overwritten', async () => {
  const damaged = join(home.path, 'damaged');
  mkdirSync(damaged);
  writeFileSync(join(damaged, 'config.json'), '{"profiles":');
  const { code, err } = await sandbarWith({ env: { ...anonymous, SANDBAR_CONFIG: join(damaged, 'config.json') } }, 'ls');
  expect(code).not.toBe(0);
  expect(err).toContain('config.json is damaged');
  expect(readFileSync(join(damaged, 'config.json'), 'utf8')).toBe('{"profiles":');
});
