// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bytesOf, imageType, languageOf, planFor, textOf } from './kind';

const bytes = (text: string) => new TextEncoder().encode(text);

test('names say what a file is', () => {
  expect(languageOf('main.PY')).toBe('python');
  expect(languageOf('a.tsx')).toBe('typescript');
  expect(languageOf('Makefile')).toBeUndefined();
  expect(languageOf('.json')).toBeUndefined();
  expect(imageType('logo.SVG')).toBe('image/svg+xml');
});

test('big files are not read', () => {
  expect(planFor({ name: 'a.log', size: 2 * 1024 * 1024 })).toBe('read');
  expect(planFor({ name: 'a.log', size: 2 * 1024 * 1024 + 1 })).toBe('too_big');
  expect(planFor({ name: 'a.png', size: 5 * 1024 * 1024 })).toBe('image');
  expect(planFor({ name: 'a.png', size: 50 * 1024 * 1024 })).toBe('too_big');
});

test('bytes that are no text are told apart', () => {
  expect(textOf(new Uint8Array([1, 0, 2]))).toBeUndefined();
  expect(textOf(new Uint8Array([0xff, 0xfe]))).toBeUndefined();
  expect(textOf(bytes('grüße\n'))).toEqual({ text: 'grüße\n', crlf: false, bom: false });
});

test.each(['a\r\nb\r\n', '\ufeffa\n', '', 'a\nb', '\ufeffa\r\nb'])(
  'a file that is saved unchanged stays the same: %j',
  (text) => {
    const read = textOf(bytes(text))!;
    // The editor gives back \n only.
    const edited = { ...read, text: read.crlf ? read.text.replace(/\r\n/g, '\n') : read.text };
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(edited))).toBe(text);
  },
);
