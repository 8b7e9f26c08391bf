// SPDX-License-Identifier: Apache-2.0
// Walks the route table that the program prints, and calls every row as nobody, with the wrong credentials, and as its
// table says. A new open route must be named in open_routes.txt.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { program } from '@sandbar/test-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Client } from './client';
import { usePlatform } from './platform';

interface Row {
  method: string;
  path: string;
  access: string;
  scope: string;
}

const rows: Row[] = execFileSync(program('sandbar-control'), ['--print-routes'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/))
  .map(([method, path, access, scope]) => ({ method, path, access, scope }));

const platform = usePlatform({ hosts: 0 });
let ada: Client;
let key: Client;

beforeAll(async () => {
  ada = await platform.newUser();
  const made = (await ada.post('/v1/api-keys', {}, 201)).body;
  key = platform.anonymous().with({ 'X-API-Key': made.key });
});

/** A path that is well-formed and names nothing. */
function example(path: string): string {
  const prefix = path.startsWith('/v1/admin/users') ? 'usr' : path.startsWith('/v1/me/sessions') ? 'ses' : path.startsWith('/v1/hosts') ? 'host' : path.startsWith('/v1/teams') ? 'team' : path.startsWith('/v1/api-keys') ? 'key' : 'sb';
  return path.replace('{id}', `${prefix}-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11`).replace(/\{[^}]+\}/, '77');
}

const isSocket = (row: Row) => /\/(stream|pty|watch|events)$/.test(row.path);

/** The status of the answer; of a WebSocket that is opened first, the status that its error stands for. */
async function statusFor(client: Client, headers: Record<string, string>, row: Row): Promise<number> {
  if (!isSocket(row)) {
    const init = row.method === 'GET' ? {} : { body: '{}', headers: { 'Content-Type': 'application/json' } };
    return (await client.with(headers).request(row.method, example(row.path), init)).status;
  }
  const raw = new WebSocket(client.url.replace('http', 'ws') + example(row.path), { headers: { ...client['headers'], ...headers } });
  return new Promise((done) => {
    raw.on('error', () => {});
    raw.on('unexpected-response', (_request, response) => done(response.statusCode!));
    raw.on('open', () => raw.send('{"type":"start","cmd":"true"}'));
    raw.on('message', (data) => done(data.toString().includes('"unauthorized"') ? 401 : 404));
  });
}

test('exactly the routes of open_routes.txt are open', () => {
  const open = rows.filter((row) => row.access === 'open').map((row) => `${row.method} ${row.path}`).sort();
  expect(open).toEqual(readFileSync(new URL('open_routes.txt', import.meta.url), 'utf8').trim().split('\n').sort());
});

describe.each(rows.filter((row) => row.access !== 'open'))('$method $path ($access)', (row) => {
  test('nobody is let in', async () => {
    expect(await statusFor(platform.anonymous(), {}, row)).toBe(401);
  });

  test('bad credentials are refused', async () => {
    const bad: Record<string, string>[] = [
      { Authorization: 'Bearer x.y.z' }, { 'X-API-Key': `sbk_${'0'.repeat(40)}` }, { 'X-Host-Token': 'x.y.z' },
    ];
    for (const headers of bad) expect(await statusFor(platform.anonymous(), headers, row)).toBe(401);
  });

  test('a user and a key are let in where the table says so', async () => {
    const expected = { team_member: [true, true], platform_admin: [false, false], host_token: [false, false] }[row.access] ?? [true, row.scope.includes('read')];
    for (const [index, client] of [ada, key].entries()) {
      const status = await statusFor(client, {}, row);
      if (expected[index]) expect(status).not.toBe(401);
      else expect([401, 403]).toContain(status);
    }
  });
});
