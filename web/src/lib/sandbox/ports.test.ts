// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { portProblem, rowsOf, urlOf } from './ports';

test('ports are checked', () => {
  for (const good of ['1', '8000', 65535]) expect(portProblem(good)).toBeUndefined();
  for (const bad of ['', '0', '65536', '80.5', 'http', null]) expect(portProblem(bad)).toBeTruthy();
});

test('the address of a port', () => {
  expect(urlOf('https://{port}-abc.example.org', 8000)).toBe('https://8000-abc.example.org');
});

test('ports that are set apart win over the sandbox', () => {
  const rows = rowsOf([{ port: 9000, public: false }], [9000, 80], true);
  expect(rows).toEqual([
    { port: 80, is_public: true, isSet: false },
    { port: 9000, is_public: false, isSet: true },
  ]);
});
