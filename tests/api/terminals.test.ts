// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { channels, type Socket } from './socket';

const platform = usePlatform();
let ada: Client;
let id: string;

beforeAll(async () => {
  ada = await platform.newUser();
  ({ id } = await ada.sandbox());
});

async function terminal(first: Json): Promise<Socket> {
  const socket = await ada.socket(`/v1/sandboxes/${id}/pty`);
  socket.send(first);
  await socket.frame('started');
  return socket;
}

const shell = { type: 'start', cmd: '/bin/sh', cols: 90, rows: 30 };

test('a terminal has its size, and hears when it changes', async () => {
  const socket = await terminal(shell);
  socket.sendBytes(channels.stdin, 'stty size\n');
  await socket.printed(channels.pty, '30 90');
  socket.send({ type: 'resize', cols: 120, rows: 40 });
  socket.sendBytes(channels.stdin, 'stty size\n');
  await socket.printed(channels.pty, '40 120');
  socket.sendBytes(channels.stdin, 'exit 5\n');
  expect(await socket.frame('exit')).toMatchObject({ exit_code: 5 });
  expect((await socket.end()).code).toBe(1000);
});

test('a terminal goes on when its client is gone, and takes it back by pid and by tag', async () => {
  const first = await terminal({ ...shell, tag: 'work' });
  const { pid } = await first.frame('started');
  first.sendBytes(channels.stdin, 'PLACE=here\n');
  first.raw.terminate();
  const second = await terminal({ type: 'connect', pid });
  second.sendBytes(channels.stdin, 'echo [$PLACE]\n');
  await second.printed(channels.pty, '[here]');
  second.raw.terminate();
  const third = await terminal({ type: 'connect', tag: 'work' });
  third.sendBytes(channels.stdin, 'echo {$PLACE}; exit\n');
  await third.printed(channels.pty, '{here}');
  await third.frame('exit');
});

test('control characters do what they do in a terminal', async () => {
  const socket = await terminal(shell);
  socket.sendBytes(channels.stdin, "echo rea''dy; sleep 1000\n");
  await socket.printed(channels.pty, 'ready');
  socket.sendBytes(channels.stdin, '\u0003');
  socket.sendBytes(channels.stdin, 'echo back-$((40+2))\n');
  await socket.printed(channels.pty, 'back-42');
  socket.close();
});

test('an unknown terminal is not found', async () => {
  const socket = await ada.socket(`/v1/sandboxes/${id}/pty`);
  socket.send({ type: 'connect', pid: 999_999 });
  expect((await socket.frame('error')).code).toBe('not_found');
  expect((await socket.end()).code).toBe(1008);
});
