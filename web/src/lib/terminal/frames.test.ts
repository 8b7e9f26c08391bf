// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  backoff,
  connectFrame,
  controlled,
  decodeFrame,
  encodeBinaryInput,
  encodeInput,
  resizeFrame,
  startFrame,
} from './frames';

const buffer = (...bytes: number[]) => new Uint8Array(bytes).buffer;

test('output is taken apart into its channel and its bytes', () => {
  expect(decodeFrame(buffer(3, 0xe2, 0x82))).toEqual({
    kind: 'output',
    channel: 'terminal',
    bytes: new Uint8Array([0xe2, 0x82]),
  });
  expect(decodeFrame(buffer(1, 65))).toMatchObject({ channel: 'stdout' });
  expect(decodeFrame(buffer(2, 65))).toMatchObject({ channel: 'stderr' });
});

test('frames that mean nothing here are let pass', () => {
  expect(decodeFrame(buffer()).kind).toBe('unknown');
  expect(decodeFrame(buffer(9, 1)).kind).toBe('unknown');
  expect(decodeFrame('no json').kind).toBe('unknown');
  expect(decodeFrame('null').kind).toBe('unknown');
  expect(decodeFrame('{"type":"later"}').kind).toBe('unknown');
});

test('text frames say how the process goes', () => {
  expect(decodeFrame('{"type":"started","pid":7,"tag":"t"}')).toEqual({ kind: 'started', pid: 7, tag: 't' });
  expect(decodeFrame('{"type":"exit","exit_code":5,"status":"exit status 5"}')).toEqual({
    kind: 'exit',
    exit_code: 5,
    status: 'exit status 5',
  });
  expect(decodeFrame('{"type":"error","code":"not_found","message":"gone"}')).toEqual({
    kind: 'error',
    code: 'not_found',
    message: 'gone',
  });
});

test('input goes out on channel 0, text as UTF-8 and reports byte by byte', () => {
  expect([...encodeInput('é')]).toEqual([0, 0xc3, 0xa9]);
  expect([...encodeBinaryInput('\u00ff')]).toEqual([0, 0xff]);
});

test('the first frame starts a shell or returns to one', () => {
  expect(JSON.parse(startFrame('web-1', { cols: 90, rows: 30 }))).toEqual({
    type: 'start',
    tag: 'web-1',
    cols: 90,
    rows: 30,
  });
  expect(JSON.parse(connectFrame('web-1'))).toEqual({ type: 'connect', tag: 'web-1' });
  expect(JSON.parse(resizeFrame({ cols: 1, rows: 2 }))).toEqual({ type: 'resize', cols: 1, rows: 2 });
});

test('retries come later and later, but at most 30 s apart', () => {
  expect(backoff(0, 0)).toBe(250);
  expect(backoff(0, 1)).toBe(500);
  expect(backoff(3, 1)).toBe(4000);
  expect(backoff(40, 1)).toBe(30_000);
});

test('Ctrl with a key', () => {
  expect(controlled('c')).toBe('\x03');
  expect(controlled('[')).toBe('\x1b');
  expect(controlled('1')).toBe('1');
});
