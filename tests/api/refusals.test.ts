// SPDX-License-Identifier: Apache-2.0
// Requests that are wrong: each gets its status, its code and a body that names what is wrong, and nothing happens.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });
const uuid = '0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';

test.each([
  `usr-${uuid}`, uuid, 'sb-', 'sb-x', `sb-${uuid.toUpperCase()}`, `sb-${uuid.replaceAll('-', '')}`, `sb-${uuid}x`, '%00', '..%2f..',
])('%j is no id of a sandbox', async (id) => {
  const answer = await platform.asAdmin().refused('GET', `/v1/sandboxes/${id}`, undefined, 400, 'invalid_request');
  expect(answer.body.error.problems[0].field).toBe('id');
});

test.each(['{', '', '[]', 'null', '"x"', '{"vcpus":1}}', '{"vcpus":1', '\u0000', '{"vcpus":01}'])('the body %j is refused', async (body) => {
  const init = { body, headers: { 'Content-Type': 'application/json' } };
  expect((await platform.asAdmin().request('POST', '/v1/sandboxes', init)).body.error.code).toBe('invalid_request');
});

test('every wrong field is named', async () => {
  const wrong = { vcpus: 'two', memory_mb: 1.5, timeout_sec: -1, network: { egress: 'maybe' } };
  const { body } = await platform.asAdmin().refused('POST', '/v1/sandboxes', wrong, 400, 'invalid_request');
  expect(body.error.problems.map((problem: { field: string }) => problem.field)).toEqual(['vcpus', 'memory_mb', 'network.egress']);
  const bounds = { vcpus: 0, memory_mb: 1 << 30, timeout_sec: -1, network: { deny_cidrs: ['10.0.0.0/99'] } };
  const second = await platform.asAdmin().refused('POST', '/v1/sandboxes', bounds, 400, 'invalid_request');
  expect(second.body.error.problems).toHaveLength(4);
});

test('a body that is too large is refused without being read to its end', async () => {
  const body = JSON.stringify({ metadata: { a: 'x'.repeat(1 << 21) } });
  await platform.asAdmin().refused('POST', '/v1/sandboxes', JSON.parse(body), 413, 'too_large');
});

test('a body that is not said to be JSON is refused', async () => {
  const init = { body: '{}', headers: { 'Content-Type': 'text/plain' } };
  expect((await platform.asAdmin().request('POST', '/v1/sandboxes', init, 415)).body.error.code).toBe('unsupported_media_type');
});

test('an unknown path is not found, a wrong method hears which ones there are', async () => {
  await platform.anonymous().refused('GET', '/v1/nothing', undefined, 404, 'not_found');
  const answer = await platform.anonymous().refused('PATCH', '/v1/sandboxes', {}, 405, 'method_not_allowed');
  expect(answer.headers.get('allow')).toBe('GET, POST');
});

test('an unknown template is not found, a malformed one is refused', async () => {
  await platform.asAdmin().refused('POST', '/v1/sandboxes', { template: 'nothing' }, 404, 'not_found');
  await platform.asAdmin().refused('POST', '/v1/sandboxes', { template: '../base' }, 400, 'invalid_request');
});

test('without a host nothing is created and nothing is left', async () => {
  const answer = await platform.asAdmin().refused('POST', '/v1/sandboxes', {}, 503, 'no_hosts_available');
  expect(answer.headers.get('retry-after')).toBeTruthy();
  expect(platform.sql('SELECT count(*) FROM sandboxes')).toBe('0');
});

test.each(['limit=0', 'limit=-1', 'limit=x', 'status=odd', 'cursor=x', 'cursor=%ff'])('a list with %s is refused', async (query) => {
  await platform.asAdmin().refused('GET', `/v1/sandboxes?${query}`, undefined, 400, 'invalid_request');
});

test('a request id is taken over, unless it could forge something', async () => {
  const taken = await platform.anonymous().with({ 'X-Request-Id': 'my.id-7' }).get('/healthz', 200);
  expect(taken.headers.get('x-request-id')).toBe('my.id-7');
  const odd = await platform.anonymous().with({ 'X-Request-Id': 'a b"c' }).get('/healthz', 200);
  expect(odd.headers.get('x-request-id')).toMatch(/^req-/);
});

function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(platform.url);
  return new Promise((done, fail) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (piece) => (answer += piece));
    socket.on('error', fail);
    socket.on('close', () => done(answer));
    socket.write(text);
  });
}

test('what is not HTTP is answered with 400 and a closed connection', async () => {
  expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  expect(await raw('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
});

test('a chunked body is a body like any other', async () => {
  const body = '{"email":"chunk@x.io","password":"password1","name":"C"}';
  const head = 'POST /v1/auth/signup HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunks = [...body].map((char) => `1\r\n${char}\r\n`).join('');
  expect(await raw(`${head}${chunks}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 201 /);
});

test('the program says that it lives, that it can serve, and what it counts', async () => {
  await platform.anonymous().get('/healthz', 200);
  await platform.anonymous().get('/readyz', 200);
  const { body } = await platform.anonymous().get('/metrics', 200);
  expect(body).toMatch(/^sandbar_http_requests_total\{method="GET",route="\/healthz",status="2xx"\} \d+$/m);
  const yaml = (await platform.anonymous().get('/openapi.yaml', 200)).body.toString();
  expect(yaml).toMatch(/^openapi: "3.1.0"$/m);
});
