// SPDX-License-Identifier: Apache-2.0
// Traffic that takes its time: streams, WebSockets, slow and hostile clients, sandboxes that end or sleep meanwhile.
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { freePort, waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { collect, Door, serve } from './gateway';
import { usePlatform } from './platform';

const bound = 20;
const platform = usePlatform({
  settings: { SANDBAR_GATEWAY_CACHE: '200ms', SANDBAR_GATEWAY_WAIT: '10s' },
  agentSettings: { SANDBAR_PORT_CONNECTIONS: String(bound) },
});
let ada: Client;
let id: string;
let door: Door;

beforeAll(async () => {
  ada = await platform.newUser();
  ({ id } = await ada.sandbox({ traffic: { public: true } }));
  door = await serve(platform, ada, id);
});

/** Resident memory of a program of ours, in MiB. */
function resident(pid: number): number {
  const [line] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)!.slice(1);
  return Number(line) / 1024;
}

test('SB-9: what a server sends piece by piece arrives piece by piece', async () => {
  const response = await door.open({ path: '/events' });
  expect(response.headers['content-type']).toBe('text/event-stream');
  const [piece] = await new Promise<[Buffer]>((done) => response.once('data', (data) => done([data])));
  expect(piece.toString()).toBe('data: first\n\n');
  response.destroy();
});

test('SB-9: both directions flow at the same time', async () => {
  const { hostname, port } = new URL(platform.url);
  const outgoing = httpRequest({ hostname, port, method: 'POST', path: '/events', headers: { Host: door.host } });
  outgoing.write('one');
  const response = await new Promise<import('node:http').IncomingMessage>((done) => outgoing.on('response', done));
  let text = '';
  response.on('data', (piece) => (text += piece));
  await waitFor('the first piece comes back', () => text.includes('data: one') || undefined);
  outgoing.write('two');
  await waitFor('the second piece comes back', () => text.includes('data: two') || undefined);
  outgoing.end();
  await waitFor('the end comes', () => text.endsWith('data: last\n\n') || undefined);
});

test('SB-9: large bodies pass both ways, and no program grows with them', async () => {
  const pids = [platform.control, platform.agent!].map((program) => program['child'].pid!);
  await door.get('/stream?bytes=1000000');
  const before = pids.map(resident);
  const bytes = 96 * 1024 * 1024;
  let got = 0;
  let peak = before.map(() => 0);
  const response = await door.open({ path: `/stream?bytes=${bytes}` });
  for await (const piece of response) {
    got += piece.length;
    if (got % (8 << 20) < piece.length) peak = pids.map((pid, index) => Math.max(peak[index], resident(pid)));
  }
  expect(got).toBe(bytes);
  const sent = await door.ask({ method: 'POST', path: '/sink', body: Buffer.alloc(bytes, 'y') });
  expect(sent.text).toBe(String(bytes));
  pids.forEach((pid, index) => expect(Math.max(peak[index], resident(pid)) - before[index]).toBeLessThan(20));
});

test('SB-9: a reader that does not read holds the server up', async () => {
  const { tcp, heard } = await door.raw();
  tcp.pause();
  tcp.write(`GET /stream?bytes=${512 * 1024 * 1024} HTTP/1.1\r\nHost: ${door.host}\r\n\r\n`);
  const control = platform.control['child'].pid!;
  const before = resident(control);
  await door.get('/stream?bytes=50000000');
  expect(resident(control) - before).toBeLessThan(20);
  expect(heard()).toBe('');
  tcp.destroy();
});

test('SB-9: WebSockets carry text and bytes both ways, large ones too, and end when either side ends', async () => {
  const { raw, messages } = await door.socket('/chat?x=1');
  await waitFor('the greeting', () => messages.length > 0);
  expect(JSON.parse(String(messages[0])).url).toBe('/chat?x=1');
  raw.send('text');
  raw.send(Buffer.from([0, 255, 1]));
  raw.send('l'.repeat(1_000_000));
  await waitFor('three echoes', () => messages.length === 4);
  expect(messages[1]).toBe('text');
  expect(messages[2]).toEqual(Buffer.from([0, 255, 1]));
  expect(messages[3]).toHaveLength(1_000_000);
  const closed = new Promise<number>((done) => raw.on('close', done));
  raw.close(4001, 'enough');
  expect(await closed).toBe(4001);
});

test('SB-9: trailers pass both ways', async () => {
  const { tcp, heard } = await door.raw();
  tcp.write(`POST /trailers HTTP/1.1\r\nHost: ${door.host}\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum: 42\r\n\r\n`);
  await waitFor('the answer', () => heard().includes('X-Sum: 42\r\n\r\n') || undefined);
  tcp.destroy();
});

test('SB-9: many requests follow each other on one connection, pipelined ones in their order', async () => {
  const { tcp, heard } = await door.raw();
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${door.host}\r\n\r\n`;
  for (let round = 0; round < 20; ++round) {
    tcp.write(one(`/r${round}`));
    await waitFor('an answer', () => heard().includes(`"url":"/r${round}"`) || undefined);
  }
  tcp.write(one('/a') + one('/b') + one('/c'));
  await waitFor('three answers', () => /\/a".*\/b".*\/c"/s.test(heard()) || undefined);
  tcp.destroy();
});

test('SB-9: a server that is cut off in the middle does not look finished', async () => {
  const { status, whole, text } = await door.get('/half');
  expect([status, whole, text]).toEqual([200, false, 'half']);
});

test('SB-9: a sandbox that dies breaks its open requests and sockets off', async () => {
  const mortal = await ada.sandbox({ traffic: { public: true } });
  const one = await serve(platform, ada, mortal.id);
  const response = await one.open({ path: '/events' });
  await new Promise((go) => response.once('data', go));
  const reply = collect(response);
  const { raw } = await one.socket();
  const socketClosed = new Promise<number>((done) => raw.on('close', done));
  const silent = one.get('/silent').catch((error) => error.code);
  await ada.delete(`/v1/sandboxes/${mortal.id}`, 204);
  expect((await reply).whole).toBe(false);
  expect(await socketClosed).toBe(1006);
  expect(['ECONNRESET', 502]).toContain(await silent.then((answer) => answer.status ?? answer));
});

test('SB-5, SB-9: an open request keeps a sandbox awake, and traffic counts as activity', async () => {
  const sleepy = await ada.sandbox({ timeout_sec: 2, traffic: { public: true } });
  const one = await serve(platform, ada, sleepy.id);
  const state = async () => (await ada.get(`/v1/sandboxes/${sleepy.id}`)).body;
  const response = await one.open({ path: '/events' });
  response.on('error', () => {});
  const opened = Date.now();
  let asleep = false;
  await waitFor('three timeouts have passed', async () => {
    asleep ||= (await state()).status !== 'running';
    return Date.now() - opened > 5_000;
  });
  expect(asleep).toBe(false);
  response.destroy();
  await waitFor('it sleeps once the request is over', async () => (await state()).status === 'paused');
});

test('SB-9: traffic wakes a sandbox that was made so, once for all who wait', async () => {
  const sleeper = await ada.sandbox({ timeout_sec: 300, traffic: { public: true, auto_resume: true } });
  const one = await serve(platform, ada, sleeper.id);
  const { pid } = (await one.get('/echo')).json;
  await ada.post(`/v1/sandboxes/${sleeper.id}/pause`, undefined, 200);
  const asks = Array.from({ length: 12 }, (_, index) => one.ask({ method: 'POST', path: '/echo', body: `${index}` }));
  const replies = await Promise.all(asks);
  expect(replies.map((reply) => reply.status)).toEqual(Array(12).fill(200));
  expect(replies.map((reply) => reply.json.body)).toEqual(Array.from({ length: 12 }, (_, index) => `${index}`));
  expect(replies[0].json.pid).toBe(pid);
  expect((await ada.get(`/v1/sandboxes/${sleeper.id}`)).body.status).toBe('running');
  const resumed = platform.sql(`SELECT count(*) FROM audit_logs WHERE resource_id = '${sleeper.id}' AND action = 'resume'`);
  expect(resumed).toBe('1');
});

test('SB-9: a sandbox that fell asleep by itself a moment ago is woken too', async () => {
  const sleeper = await ada.sandbox({ timeout_sec: 1, traffic: { public: true, auto_resume: true } });
  const one = await serve(platform, ada, sleeper.id);
  await waitFor('it sleeps', async () => (await ada.get(`/v1/sandboxes/${sleeper.id}`)).body.status === 'paused');
  expect((await one.get('/echo')).status).toBe(200);
});

test('SB-9: the guest program’s port wakes a sandbox only for who knows its token', async () => {
  const sleeper = await ada.sandbox({ traffic: { auto_resume: true } });
  await ada.post(`/v1/sandboxes/${sleeper.id}/pause`, undefined, 200);
  const { status, json } = await new Door(platform.url, sleeper.id, 49983).get('/health');
  expect(status).toBe(403);
  expect(json.message).toBe("This sandbox can't be resumed with the credentials provided. Check your access token and try again.");
  expect((await ada.get(`/v1/sandboxes/${sleeper.id}`)).body.status).toBe('paused');
});

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const hostile: [string, string][] = [
  ['length and encoding', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'Content-Length: 0\r\nContent-Length: 35\r\n\r\n'],
  ['a list of lengths', 'Content-Length: 0, 35\r\n\r\n'],
  ['a folded field', 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n'],
  ['an odd encoding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['encoding twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
  ['a bad chunk size', 'Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n'],
  ['a chunk size that overflows', 'Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n'],
  ['a chunk longer than said', 'Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
  ['a bare line feed', 'X: a\nContent-Length: 35\r\n\r\n'],
  ['a space before the colon', 'Content-Length : 35\r\n\r\n'],
];

test.each(hostile)('SB-9: nothing is smuggled by %s', async (_name, rest) => {
  const served = async () => (await door.get('/echo')).json.served as number;
  const before = await served();
  const { tcp, heard, ended } = await door.raw();
  tcp.write(`POST /first HTTP/1.1\r\nHost: ${door.host}\r\n${rest}${smuggled}`);
  await waitFor('the connection ends', () => ended() !== 'open', 5_000);
  expect(heard()).not.toContain('/smuggled');
  expect((await served()) - before).toBeLessThanOrEqual(2);
  tcp.destroy();
});

test('SB-9: heads that are too large or too many are refused', async () => {
  const long = await door.ask({ headers: { 'X-Long': 'a'.repeat(14_000), 'X-More': 'b'.repeat(14_000), 'X-Most': 'c'.repeat(14_000) } });
  expect(long.status).toBe(431);
  const many = await door.ask({ headers: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`X-${index}`, '1'])) });
  expect(many.status).toBe(431);
});

test('SB-9: requests beyond the bound of a sandbox are refused until others end', async () => {
  const busy = await ada.sandbox({ traffic: { public: true } });
  const one = await serve(platform, ada, busy.id);
  const held = await Promise.all(Array.from({ length: bound }, () => one.open({ path: '/events' })));
  held.forEach((response) => response.on('error', () => {}));
  const refused = await one.get('/echo');
  expect(refused.status).toBe(429);
  expect(refused.json).toMatchObject({ connectionLimit: bound, code: 429 });
  expect((await ada.exec(busy.id, 'echo', 'alive')).stdout).toBe('alive\n');
  held.forEach((response) => response.destroy());
  await waitFor('there is room again', async () => (await one.get('/echo')).status === 200);
});

test('SB-9: a server that starts a moment later is waited for', async () => {
  const port = await freePort();
  const late = new Door(platform.url, id, port);
  const script = `import http.server,time; time.sleep(0.4); http.server.HTTPServer(('127.0.0.1',${port}),http.server.SimpleHTTPRequestHandler).serve_forever()`;
  const asked = late.get('/');
  await ada.post(`/v1/sandboxes/${id}/exec`, { cmd: 'python3', args: ['-c', script], cwd: '/tmp', background: true }, 202);
  const first: Json = await asked;
  expect([200, 502]).toContain(first.status);
  await waitFor('it answers', async () => (await late.get('/')).status === 200);
});
