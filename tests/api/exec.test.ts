// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { channels } from './socket';

const platform = usePlatform();
let ada: Client;
let id: string;
const path = (rest: string) => `/v1/sandboxes/${id}${rest}`;

beforeAll(async () => {
  ada = await platform.newUser();
  ({ id } = await ada.sandbox());
});

test('a command’s output, error output and exit code come back', async () => {
  const ran = await ada.exec(id, 'sh', '-c', 'echo out; echo err >&2; exit 3');
  expect(ran).toMatchObject({ sandbox_id: id, cmd: 'sh', stdout: 'out\n', stderr: 'err\n', exit_code: 3, encoding: 'utf-8' });
  expect(ran.duration_ms).toBeGreaterThanOrEqual(0);
});

test('output that is not UTF-8 comes as base64, both streams', async () => {
  const ran = await ada.exec(id, 'sh', '-c', "printf '\\377\\000'; echo plain >&2");
  expect(ran.encoding).toBe('base64');
  expect(Buffer.from(ran.stdout, 'base64')).toEqual(Buffer.from([255, 0]));
  expect(Buffer.from(ran.stderr, 'base64').toString()).toBe('plain\n');
});

test('input, environment and working directory reach the command', async () => {
  const request = { cmd: 'sh', args: ['-c', 'cat; echo $X; pwd'], stdin: 'in\n', envs: { X: 'y' }, cwd: '/tmp' };
  expect((await ada.post(path('/exec'), request, 200)).body.stdout).toBe('in\ny\n/tmp\n');
});

test('a command without input reads nothing', async () => {
  expect((await ada.exec(id, 'cat')).stdout).toBe('');
});

test('a command that takes too long is ended', async () => {
  await ada.refused('POST', path('/exec'), { cmd: 'sleep', args: ['7331'], timeout_sec: 1 }, 504, 'deadline_exceeded');
  await waitFor('it is gone', async () => !(await processes()).some((one) => one.args?.[0] === '7331'));
});

test('a command that prints for ever is ended, and the sandbox lives', async () => {
  await ada.refused('POST', path('/exec'), { cmd: 'yes' }, 413, 'too_large');
  expect((await ada.exec(id, 'echo', 'alive')).stdout).toBe('alive\n');
});

test('a missing program, a missing folder and an unknown user are refused', async () => {
  const missing = await ada.post(path('/exec'), { cmd: '/no/such/program' });
  expect([400, 404]).toContain(missing.status);
  await ada.refused('POST', path('/exec'), { cmd: 'true', cwd: '/no/such/folder' }, 400, 'invalid_request');
  await ada.refused('POST', path('/exec'), { cmd: 'true', user: 'nobody-here' }, 400, 'invalid_request');
  await ada.refused('POST', path('/exec'), { args: [] }, 400, 'invalid_request');
  await ada.refused('POST', path('/exec'), { cmd: 'true', timeout_sec: 0 }, 400, 'invalid_request');
});

async function processes(): Promise<Json[]> {
  return (await ada.get(path('/processes'), 200)).body.items;
}

test('a command in the background is listed, and ends when it is told to', async () => {
  const request = { cmd: 'sleep', args: ['1000'], background: true, tag: 'nap' };
  const started = (await ada.post(path('/exec'), request, 202)).body;
  expect(started).toMatchObject({ tag: 'nap' });
  expect(await processes()).toContainEqual(expect.objectContaining({ pid: started.pid, tag: 'nap', cmd: 'sleep' }));
  await ada.delete(path(`/processes/${started.pid}?signal=SIGKILL`), 204);
  await waitFor('it is gone', async () => !(await processes()).some((one) => one.pid === started.pid));
  await ada.refused('DELETE', path(`/processes/${started.pid}`), undefined, 404, 'not_found');
  await ada.refused('DELETE', path('/processes/1?signal=SIGHUP'), undefined, 400, 'invalid_request');
});

test('a streamed command talks both ways, and closes with its exit', async () => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send({ type: 'start', cmd: 'sh', args: ['-c', 'read a; echo got $a; echo bad >&2; exit 7'], stdin: true });
  expect((await socket.frame('started')).pid).toBeGreaterThan(0);
  socket.sendBytes(channels.stdin, 'word\n');
  expect(await socket.frame('exit')).toMatchObject({ exit_code: 7, status: 'exit status 7' });
  expect(await socket.end()).toEqual({ code: 1000, reason: '' });
  expect(socket.output(channels.stdout).toString()).toBe('got word\n');
  expect(socket.output(channels.stderr).toString()).toBe('bad\n');
});

test('the end of input is passed on', async () => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send({ type: 'start', cmd: 'wc', args: ['-c'], stdin: true });
  await socket.frame('started');
  socket.sendBytes(channels.stdin, 'x'.repeat(100_000));
  socket.send({ type: 'close_stdin' });
  await socket.frame('exit');
  expect(socket.output(channels.stdout).toString().trim()).toBe('100000');
});

test('an interrupt is the command\'s to answer', async () => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send({ type: 'start', cmd: 'sh', args: ['-c', 'trap "exit 9" INT; echo ready; sleep 7332'] });
  await waitFor('it is ready', () => socket.output(channels.stdout).toString() === 'ready\n');
  socket.send({ type: 'signal', signal: 'SIGINT' });
  expect(await socket.frame('exit')).toMatchObject({ exit_code: 9 });
});

test('a streamed command is stopped by a signal', async () => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send({ type: 'start', cmd: 'sleep', args: ['1000'] });
  await socket.frame('started');
  socket.send({ type: 'signal', signal: 'SIGTERM' });
  expect((await socket.frame('exit')).status).toMatch(/^signal: /);
});

test('a process goes on without its client, and another client can watch it', async () => {
  const first = await ada.socket(path('/exec/stream'));
  first.send({ type: 'start', cmd: 'sh', args: ['-c', 'read a; echo back $a'], stdin: true, tag: 'long' });
  const { pid } = await first.frame('started');
  first.raw.terminate();
  await waitFor('it is still there', async () => (await processes()).some((one) => one.pid === pid));
  const second = await ada.socket(path(`/processes/${pid}/stream`));
  expect((await second.frame('started')).pid).toBe(pid);
  second.sendBytes(channels.stdin, 'again\n');
  await second.frame('exit');
  expect(second.output(channels.stdout).toString()).toBe('back again\n');
});

test('a client that never reads does not fill the memory of the server', async () => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send({ type: 'start', cmd: 'yes' });
  await socket.frame('started');
  socket.raw.pause();
  const resident = async () => Number((await platform.anonymous().get('/metrics')).body.match(/^process_resident_memory_bytes (\d+)/m)![1]);
  const before = await resident();
  for (let i = 0; i < 20; ++i) await ada.exec(id, 'true');
  expect((await resident()) - before).toBeLessThan(32 << 20);
  socket.raw.terminate();
});

test.each([
  [{ type: 'connect' }, 'invalid_request'],
  [{ type: 'start' }, 'invalid_request'],
  [{ type: 'start', cmd: 'true', args: 'x' }, 'invalid_request'],
])('a conversation that begins with %j ends with an error', async (frame, code) => {
  const socket = await ada.socket(path('/exec/stream'));
  socket.send(frame);
  expect((await socket.frame('error')).code).toBe(code);
  expect((await socket.end()).code).toBe(1008);
});

test('a browser authenticates with its first message', async () => {
  const socket = await ada.socket(path('/exec/stream'), {});
  socket.send({ type: 'auth', token: ada.account.token });
  socket.send({ type: 'start', cmd: 'echo', args: ['hello'] });
  await socket.frame('exit');
  expect(socket.output(channels.stdout).toString()).toBe('hello\n');
});

test('who does not authenticate, or wrongly, or comes from another site, gets nothing', async () => {
  const rude = await ada.socket(path('/exec/stream'), {});
  rude.send({ type: 'start', cmd: 'echo' });
  expect((await rude.frame('error')).code).toBe('unauthorized');
  expect((await rude.end()).code).toBe(1008);
  const wrong = await ada.socket(path('/exec/stream'), {});
  wrong.send({ type: 'auth', token: 'x.y.z' });
  expect((await wrong.end()).code).toBe(1008);
  const silent = await ada.socket(path('/exec/stream'), {});
  expect((await silent.end(8_000)).code).toBe(1008);
  const token = { Authorization: `Bearer ${ada.account.token}` };
  await expect(ada.socket(path('/exec/stream'), { ...token, Origin: 'https://evil.example.net' })).rejects.toThrow('403');
  await expect(ada.socket(path('/exec/stream'), { Authorization: 'Bearer x.y.z' })).rejects.toThrow('401');
  (await ada.socket(path('/exec/stream'), { ...token, Origin: 'https://dashboard.example.org' })).close();
});

test('a plain request to a WebSocket’s path is refused', async () => {
  await ada.refused('GET', path('/exec/stream'), undefined, 400, 'invalid_request');
});
