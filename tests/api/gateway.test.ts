// SPDX-License-Identifier: Apache-2.0
// Who may reach the ports of sandboxes, and what others hear.
import { freePort, waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client } from './client';
import { Door, header, serve } from './gateway';
import { usePlatform } from './platform';

// A domain of our own would need a resolver; "localhost" is the default.
const platform = usePlatform({ settings: { SANDBAR_GATEWAY_CACHE: '200ms', SANDBAR_ACCESS_LOG: 'all' } });
let ada: Client;
let key: string;
let id: string;
let door: Door;
let trafficToken: string;

const browser = { 'User-Agent': 'Mozilla/5.0 Firefox/140.0', Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
const api = (rest: string) => `/v1/sandboxes/${id}${rest}`;

beforeAll(async () => {
  ada = await platform.newUser();
  key = (await ada.post('/v1/api-keys', {}, 201)).body.key;
  ({ id } = await ada.sandbox());
  door = await serve(platform, ada, id);
  trafficToken = (await ada.get(api('/traffic'), 200)).body.access_token;
});

test('SB-9, W9: a port is private until somebody opens it', async () => {
  const { status, json } = await door.get();
  expect(status).toBe(403);
  expect(json).toEqual({
    sandboxId: id.replace(/^sb-|-/g, ''),
    message: "Sandbox is secured with traffic access token. Token header 'e2b-traffic-access-token' is missing",
    code: 403,
  });
});

test('SB-9: an API key, a user and a traffic token of the team are let in, and nothing of them goes along', async () => {
  const token = ada['headers'].Authorization;
  const letIn: Record<string, string>[] = [
    { 'X-API-Key': key }, { 'X-API-Key': key.replace('sbk_', 'e2b_') }, { Authorization: token }, { 'E2B-Traffic-Access-Token': trafficToken },
  ];
  for (const headers of letIn) {
    const { status, text, json } = await door.get('/echo', { ...headers, 'X-Own': 'kept' });
    expect(status, text).toBe(200);
    expect(header(json.rawHeaders, 'X-Own')).toEqual(['kept']);
    for (const secret of Object.values(headers)) expect(text).not.toContain(secret.replace('Bearer ', ''));
  }
});

test('SB-9: credentials of a service’s own reach it', async () => {
  const own = { 'X-API-Key': 'mine', Authorization: 'Bearer of-mine', 'X-Access-Token': 'also mine', Cookie: 'a=1' };
  const { json } = await door.with({ 'E2B-Traffic-Access-Token': trafficToken }).get('/echo', own);
  for (const [name, value] of Object.entries(own)) expect(header(json.rawHeaders, name)).toEqual([value]);
});

test('SB-9: bad credentials are refused, and other teams hear that there is no such sandbox', async () => {
  const bob = await platform.newUser('Bob');
  const other = (await bob.post('/v1/api-keys', {}, 201)).body.key;
  const foreign = await door.get('/', { 'X-API-Key': other });
  expect(foreign.status).toBe(502);
  expect(foreign.json.message).toBe('The sandbox was not found');
  expect((await door.get('/', { Authorization: bob['headers'].Authorization })).status).toBe(502);
  expect((await door.get('/', { 'X-API-Key': `sbk_${'0'.repeat(40)}` })).status).toBe(401);
  const wrong = await door.get('/', { 'E2B-Traffic-Access-Token': 'f'.repeat(64) });
  expect(wrong.status).toBe(403);
  expect(wrong.json.message).toContain("Provided token in header 'e2b-traffic-access-token' is invalid");
  expect((await door.get('/?sandbar_token=9999999999.x')).status).toBe(403);
});

test('SB-9: a revoked key is refused within the cache’s time', async () => {
  const made = (await ada.post('/v1/api-keys', {}, 201)).body;
  expect((await door.get('/', { 'X-API-Key': made.key })).status).toBe(200);
  await ada.delete(`/v1/api-keys/${made.id}`, 204);
  await waitFor('it is refused', async () => (await door.get('/', { 'X-API-Key': made.key })).status === 401, 10_000);
});

test('SB-9: a port is opened to everybody and closed again, on the record', async () => {
  const set = (value: boolean) =>
    ada.request('PUT', api(`/ports/${door.port}`), { body: JSON.stringify({ public: value }), headers: { 'Content-Type': 'application/json' } }, 200);
  const { body } = await set(true);
  expect(body).toMatchObject({ port: door.port, public: true, url: `http://${door.host}` });
  await waitFor('strangers are let in', async () => (await door.get()).status === 200, 10_000);
  expect((await ada.get(api('/ports'), 200)).body.items).toMatchObject([{ port: door.port, public: true }]);
  await set(false);
  await waitFor('strangers are kept out', async () => (await door.get()).status === 403, 10_000);
  await ada.delete(api(`/ports/${door.port}`), 204);
  expect((await ada.get(api('/ports'), 200)).body.items).toEqual([]);
  const actions = platform.sql(`SELECT action FROM audit_logs WHERE resource_id = '${id}' ORDER BY created_at`).split('\n');
  expect(actions.slice(1)).toEqual(expect.arrayContaining(['publish_port', 'close_port', 'reset_port']));
});

test('SB-9: ports that cannot be opened are refused, also for other teams and for what has ended', async () => {
  const put = (client: Client, path: string, body: string) =>
    client.request('PUT', path, { body, headers: { 'Content-Type': 'application/json' } });
  const open = JSON.stringify({ public: true });
  for (const port of ['0', '65536', '49983', 'x']) expect((await put(ada, api(`/ports/${port}`), open)).status).toBe(400);
  expect((await put(ada, api('/ports/80'), '{}')).status).toBe(400);
  const bob = await platform.newUser('Bob');
  expect((await put(bob, api('/ports/80'), open)).status).toBe(404);
  await bob.refused('POST', api('/links'), { port: 80 }, 404, 'not_found');
  await bob.refused('GET', api('/traffic'), undefined, 404, 'not_found');
  await ada.refused('POST', api('/links'), { port: 80, expires_in_sec: 0 }, 400, 'invalid_request');
  await ada.refused('POST', api('/links'), { expires_in_sec: 60 }, 400, 'invalid_request');
  const gone = await ada.sandbox();
  await ada.delete(`/v1/sandboxes/${gone.id}`, 204);
  expect((await put(ada, `/v1/sandboxes/${gone.id}/ports/80`, open)).status).toBe(409);
});

test('SB-9: a link lets a program in, and its token goes no further', async () => {
  const { url, expires_at } = (await ada.post(api('/links'), { port: door.port, expires_in_sec: 60 }, 201)).body;
  expect(Date.parse(expires_at)).toBeGreaterThan(0);
  const { search, host } = new URL(url);
  expect(host).toBe(door.host);
  const { status, json } = await door.get(`/echo${search}&q=1`);
  expect(status).toBe(200);
  expect(json.url).toBe('/echo?q=1');
  const elsewhere = new Door(platform.url, id, await freePort());
  expect((await elsewhere.get(`/${search}`)).status).toBe(403);
  const socket = await door.socket(`/ws${search}`);
  await waitFor('it speaks', () => socket.messages.length > 0);
  expect(JSON.parse(String(socket.messages[0])).url).toBe('/ws');
  socket.raw.close();
});

test('SB-9: a person’s first visit by a link moves it into a cookie of that host name', async () => {
  const { url } = (await ada.post(api('/links'), { port: door.port, expires_in_sec: 60 }, 201)).body;
  const { search } = new URL(url);
  const first = await door.get(`//evil.example/a${search}&b=%20`, browser);
  expect(first.status).toBe(303);
  expect(first.headers.location).toBe(`http://${door.host}//evil.example/a?b=%20`);
  expect(first.headers['referrer-policy']).toBe('no-referrer');
  const cookie = first.headers['set-cookie']![0];
  expect(cookie).toMatch(/^sandbar_link=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  const second = await door.get('/echo', { ...browser, Cookie: `own=1; ${cookie.split(';')[0]}` });
  expect(second.status).toBe(200);
  expect(header(second.json.rawHeaders, 'Cookie')).toEqual(['own=1']);
  await ada.delete(api('/links'), 204);
  const after = await waitFor('the link is void', async () => {
    const reply = await door.get('/echo', { ...browser, Cookie: cookie.split(';')[0] });
    return reply.status === 403 && reply;
  }, 10_000);
  expect(after.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(after.text).toContain('This link is not valid, or not any more');
  // Each thread of control believes for a moment what it knew.
  const everywhere = (token: string, wanted: number) => waitFor(`the token's answer is ${wanted} on each thread`, async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => door.get('/', { 'E2B-Traffic-Access-Token': token })));
    return replies.every(({ status }) => status === wanted);
  }, 10_000);
  await everywhere(trafficToken, 403);
  trafficToken = (await ada.get(api('/traffic'), 200)).body.access_token;
  await everywhere(trafficToken, 200);
});

test('SB-9: headers route on addresses, and one of them alone is an error', async () => {
  const { host } = new URL(platform.url);
  const hex = id.replace(/^sb-|-/g, '');
  const secret = { 'E2B-Traffic-Access-Token': trafficToken };
  const routed = await door.ask({ path: '/echo', headers: { ...secret, 'E2b-Sandbox-Id': hex, 'E2b-Sandbox-Port': String(door.port) } }, host);
  expect(routed.status).toBe(200);
  expect(header(routed.json.rawHeaders, 'Host')).toEqual([host]);
  const half = await door.ask({ headers: { 'E2b-Sandbox-Id': hex } }, host);
  expect([half.status, half.text]).toEqual([400, 'missing header E2b-Sandbox-Port\n']);
  expect((await door.ask({ path: '/healthz' }, host)).status).toBe(200);
});

test('SB-9: an id is accepted in each of its forms, and a bad host name is told what is bad', async () => {
  const { port: listener } = new URL(platform.url);
  const secret = { 'E2B-Traffic-Access-Token': trafficToken };
  const asked = (label: string) => door.ask({ headers: secret }, `${label}.localhost:${listener}`);
  for (const name of [id, id.slice(3), id.replace(/^sb-|-/g, '')]) expect((await asked(`${door.port}-${name}`)).status).toBe(200);
  for (const [label, text] of [[`x-${id}`, 'Invalid sandbox port'], [`70000-${id}`, 'Invalid sandbox port'], ['80-a_b', 'Invalid sandbox ID']]) {
    const { status, text: body, headers } = await asked(label);
    expect([status, body]).toEqual([400, `${text}\n`]);
    expect(headers['content-type']).toContain('text/plain');
  }
});

test('SB-9: an unknown, a destroyed and a paused sandbox are not found', async () => {
  const asked = async (sandbox: string) => {
    const { status, json } = await new Door(platform.url, sandbox, 80, { 'X-API-Key': key }).get();
    expect(json).toEqual({ sandboxId: sandbox.replace(/^sb-|-/g, ''), message: 'The sandbox was not found', code: 502 });
    return status;
  };
  expect(await asked('nonexistingsandbox')).toBe(502);
  expect(await asked('sb-00000000-0000-4000-8000-000000000000')).toBe(502);
  const other = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${other.id}/pause`, undefined, 200);
  expect(await asked(other.id)).toBe(502);
  await ada.delete(`/v1/sandboxes/${other.id}`, 204);
  expect(await asked(other.id)).toBe(502);
});

test('SB-9: a closed port is told apart, as JSON for programs and as a page for people', async () => {
  const port = await freePort();
  const closed = new Door(platform.url, id, port, { 'X-API-Key': key });
  const program = await closed.get();
  expect(program.status).toBe(502);
  expect(program.json).toEqual({ sandboxId: id.replace(/^sb-|-/g, ''), message: 'The sandbox is running but port is not open', port, code: 502 });
  const page = await closed.get('/', browser);
  expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8']);
  expect(page.text).toMatch(/^<html/);
  for (const part of ['no service running on port', String(port), id.replace(/^sb-|-/g, '')]) expect(page.text).toContain(part);
});

test('SB-9: services on 127.0.0.1, on ::1 and on all addresses are reached', async () => {
  for (const host of ['127.0.0.1', '::1', '0.0.0.0']) {
    const one = (await serve(platform, ada, id, host)).with({ 'X-API-Key': key });
    for (let round = 0; round < 3; ++round) expect((await one.get('/echo')).status, host).toBe(200);
    const posted = await one.ask({ method: 'POST', path: '/echo', body: 'x' });
    expect(posted.json.body).toBe('x');
    const { raw, messages } = await one.socket();
    raw.send('hello');
    await waitFor('the echo', () => messages.includes('hello'));
    raw.close();
  }
});

test('SB-9: the guest program guards itself, and keeps its routes for the host', async () => {
  const guest = new Door(platform.url, id, 49983);
  expect((await guest.get('/health')).status).toBe(204);
  expect((await guest.get('/envs')).status).toBe(401);
  for (const path of ['/init', '/forward?port=22', '/warmup', '//init', '/%69nit', '/x/../init']) {
    const { status, json } = await guest.ask({ method: 'POST', path, headers: { 'X-API-Key': key }, body: '{}' });
    expect(status, path).toBe(404);
    expect(json).toMatchObject({ message: 'This endpoint is reserved for the control plane', code: 404 });
  }
});

test('SB-9: a service sees who asked, how, and by which name', async () => {
  const secret = { 'E2B-Traffic-Access-Token': trafficToken };
  const { json } = await door.get('/echo', { ...secret, 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https', Forwarded: 'for=203.0.113.9' });
  const seen = (name: string) => header(json.rawHeaders, name);
  expect(seen('Host')).toEqual([door.host]);
  expect(json.rawHeaders).toContain('Host');
  expect(seen('X-Forwarded-For')).toEqual(['127.0.0.1']);
  expect(seen('X-Forwarded-Proto')).toEqual(['http']);
  expect(seen('X-Forwarded-Host')).toEqual([door.host]);
  expect(seen('Forwarded')).toEqual([`for=127.0.0.1;proto=http;host="${door.host}"`]);
  expect(seen('Sandbar-Refusal')).toEqual([]);
});

test('SB-9: a sandbox may be public as a whole, hide one port, and see another Host', async () => {
  const open = await ada.sandbox({ traffic: { public: true, mask_host: 'localhost:${PORT}' } });
  expect(open.traffic).toMatchObject({ public: true, auto_resume: false, mask_host: 'localhost:${PORT}' });
  const one = await serve(platform, ada, open.id);
  const { status, json } = await one.get('/echo');
  expect(status).toBe(200);
  expect(header(json.rawHeaders, 'Host')).toEqual([`localhost:${one.port}`]);
  expect(header(json.rawHeaders, 'X-Forwarded-Host')).toEqual([one.host]);
  const body = JSON.stringify({ public: false });
  await ada.request('PUT', `/v1/sandboxes/${open.id}/ports/${one.port}`, { body, headers: { 'Content-Type': 'application/json' } }, 200);
  await waitFor('the port is hidden', async () => (await one.get()).status === 403, 10_000);
  await ada.refused('POST', '/v1/sandboxes', { traffic: { mask_host: 'a b' } }, 400, 'invalid_request');
});

test('SB-9: TRACE and CONNECT are not passed on', async () => {
  expect((await door.ask({ method: 'TRACE', headers: { 'X-API-Key': key } })).status).toBe(405);
  const { tcp, heard } = await door.raw();
  tcp.write(`CONNECT ${door.host} HTTP/1.1\r\nHost: ${door.host}\r\nX-API-Key: ${key}\r\n\r\n`);
  await waitFor('an answer', () => heard().startsWith('HTTP/1.1 4') || undefined);
  tcp.destroy();
});

test('W9: each request leaves a line in the log, without its path and what let it in', async () => {
  const { status } = await door.ask({ method: 'PATCH', path: '/echo?secret=1', headers: { 'X-API-Key': key } });
  expect(status).toBe(200);
  const line = await waitFor('the line', () => platform.control.log.split('\n').find((each) => each.includes('method=PATCH')));
  expect(line).toMatch(new RegExp(`info +traffic .*sandbox=${id} port=${door.port} status=200 ms=\\d+`));
  expect(platform.control.log).not.toContain('secret=1');
  expect(platform.control.log).not.toContain(key);
});
