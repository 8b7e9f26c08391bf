// SPDX-License-Identifier: Apache-2.0
// Teams, members, invitations and keys from the terminal.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { environment, sandbarWith } from './sandbar.js';

const home = temporaryFolder();
afterAll(home.remove);

interface Person {
  email: string;
  run: (...args: string[]) => ReturnType<typeof sandbarWith>;
}
let ann: Person;
let bob: Person;

/** A new account, logged in with a configuration of its own. */
async function person(name: string): Promise<Person> {
  const email = `${name}-${process.pid}@example.org`;
  const body = JSON.stringify({ email, password: 'correct horse', name });
  const answer = await fetch(`${inject('url')}/v1/auth/signup`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  expect(answer.status).toBe(201);
  const { SANDBAR_API_KEY: _key, ...others } = environment;
  mkdirSync(join(home.path, name));
  const env = { ...others, SANDBAR_CONFIG: join(home.path, name, 'config.json') };
  expect((await sandbarWith({ env, input: 'correct horse\n' }, 'login', email)).code).toBe(0);
  return { email, run: (...args) => sandbarWith({ env }, ...args) };
}

async function ok(by: Person, ...args: string[]): Promise<string> {
  const { code, out, err } = await by.run(...args);
  expect(code, `sandbar ${args.join(' ')}: ${err}`).toBe(0);
  return out;
}

beforeAll(async () => {
  ann = await person('ann');
  bob = await person('bob');
});

test('a team is created, switched to and worked in, and switching back finds the old key', async () => {
  const id = (await ok(ann, 'teams', 'create', 'Workshop')).trim();
  const [first] = JSON.parse(await ok(ann, '--json', 'teams'));
  expect(await ok(ann, 'switch', 'workshop')).toMatch(/^Working in Workshop \([0-9a-f]{6}-[0-9a-f]{6}\)\n$/);
  expect(await ok(ann, 'teams', 'ls')).toMatch(new RegExp(`^\\* +${id} +Workshop`, 'm'));
  await ok(ann, 'ls');
  expect(JSON.parse(await ok(ann, '--json', 'keys', 'ls'))).toHaveLength(1);
  await ok(ann, 'switch', first.slug);
  expect(JSON.parse(await ok(ann, '--json', 'keys', 'ls'))).toHaveLength(1);
  await ok(ann, 'switch', id);
  await ok(ann, 'teams', 'rename', 'Werkstatt');
  expect((await ann.run('switch', 'nowhere')).err).toContain('nowhere');
});

test('somebody is invited, joins with the printed command, is promoted, inherits the team and is thanked', async () => {
  const line = await ok(ann, 'invite', bob.email, '--role', 'member');
  expect(line).toMatch(/^sandbar invitations accept inv-\S+ --token \S+\n$/);
  expect(await ok(ann, 'invitations', 'sent')).toContain(bob.email);
  expect(await ok(bob, 'invitations')).toContain('Werkstatt');
  await ok(bob, ...line.trim().split(' ').slice(1));
  await ok(bob, 'switch', 'Werkstatt');
  await ok(ann, 'members', 'role', bob.email, 'admin');
  expect(await ok(bob, 'members')).toMatch(new RegExp(`${bob.email} +admin`));
  await ok(ann, 'teams', 'transfer', bob.email);
  expect((await ann.run('teams', 'transfer', ann.email)).code).toBe(1);
  await ok(bob, 'members', 'rm', ann.email);
  expect((await ann.run('ls')).code).toBe(1);
});

test('a team is deleted only when its slug is repeated', async () => {
  const teams = JSON.parse(await ok(bob, '--json', 'teams'));
  const { slug } = teams.find((team: { name: string }) => team.name === 'Werkstatt');
  expect((await bob.run('teams', 'rm')).err).toContain(slug);
  await ok(bob, 'teams', 'rm', '--confirm', slug);
  expect(JSON.parse(await ok(bob, '--json', 'teams'))).toHaveLength(1);
});

test('a key is made for some time and some things', async () => {
  await ok(bob, 'switch', JSON.parse(await ok(bob, '--json', 'teams'))[0].slug);
  const key = JSON.parse(await ok(bob, '--json', 'keys', 'create', 'reader', '--expires', '30d', '--scope', 'read'));
  expect(key.scopes).toEqual(['read']);
  expect(Math.round((Date.parse(key.expires_at) - Date.parse(key.created_at)) / 86_400_000)).toBe(30);
  expect((await bob.run('--api-key', key.key, 'ls')).code).toBe(0);
  const refused = await bob.run('--api-key', key.key, 'create');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('scope');
  expect((await bob.run('keys', 'create', 'x', '--scope', 'all')).code).toBe(2);
  expect((await bob.run('keys', 'create', 'x', '--expires', 'soon')).code).toBe(2);
});
