// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { LogLines, spansOf, windowOf } from './lines';

const texts = (log: LogLines) => log.lines.map((line) => line.text);

test('lines come together from pieces, and a line without end is shown too', () => {
  const log = new LogLines();
  log.add('one\ntw');
  expect(texts(log)).toEqual(['one', 'tw']);
  log.add('o\n');
  expect(texts(log)).toEqual(['one', 'two']);
  log.add('\n');
  expect(texts(log)).toEqual(['one', 'two', '']);
});

test('a character that is cut in two is one character', () => {
  const log = new LogLines();
  log.add(new Uint8Array([0xe2, 0x82]));
  log.add(new Uint8Array([0xac, 10]));
  expect(texts(log)).toEqual(['€']);
});

test('two sources do not mix within a line', () => {
  const log = new LogLines();
  log.add('out', 'stdout');
  log.add('err\n', 'stderr');
  log.add('put\n', 'stdout');
  expect(log.lines.map((l) => `${l.number} ${l.source} ${l.text}`)).toEqual(['1 stdout output', '2 stderr err']);
});

test('colours become tokens, everything else of a terminal is left out', () => {
  expect(spansOf('\x1b[1;31mbad\x1b[0m ok\x1b[2K\x1b]0;title\x07!').spans).toEqual([
    { text: 'bad', bold: true, color: 'ansi-red' },
    { text: ' ok' },
    { text: '!' },
  ]);
  expect(spansOf('\x1b[38;5;196mx\x1b[92my').spans).toEqual([{ text: 'x' }, { text: 'y', color: 'ansi-bright-green' }]);
  expect(spansOf('a\x1b[3').spans).toEqual([{ text: 'a' }]);
});

test('a colour goes on in the next line', () => {
  const log = new LogLines();
  log.add('\x1b[32mgreen\nstill\x1b[0m\nplain\n');
  expect(log.lines.map((l) => l.spans[0]!.color)).toEqual(['ansi-green', 'ansi-green', undefined]);
});

test('what writes over itself shows its last state', () => {
  const log = new LogLines();
  log.add('10%\r50%\r100%\r\ndone\r\n');
  expect(texts(log)).toEqual(['100%', 'done']);
});

test('old lines go when there are too many', () => {
  const log = new LogLines(10);
  for (let i = 1; i <= 12; i++) log.add(`${i}\n`);
  expect(log.lines[0]!.number).toBeGreaterThan(2);
  expect(log.lines.at(-1)!.number).toBe(12);
  expect(log.dropped + log.lines.length).toBe(12);
});

test('only what is near the view is drawn', () => {
  expect(windowOf(1000, 20, 2000, 200, 5)).toEqual({ first: 95, last: 115 });
  expect(windowOf(3, 20, 0, 200, 5)).toEqual({ first: 0, last: 3 });
  expect(windowOf(0, 20, 0, 0)).toEqual({ first: 0, last: 0 });
});
