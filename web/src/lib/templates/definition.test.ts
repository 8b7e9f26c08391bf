// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { isOver, nameOf, problemsOf, progressOf, STARTER } from './definition';

test('the starter has no mistakes', () => {
  expect(problemsOf(STARTER)).toEqual([]);
  expect(nameOf(STARTER)).toBe('my-template');
});

test('mistakes are found with their line', () => {
  expect(problemsOf('name x\npakage y\n')).toEqual([{ line: 2, what: "'pakage' is not known" }]);
  expect(problemsOf('| text')).toEqual([{ line: 1, what: 'this text belongs to nothing above it' }]);
  expect(problemsOf('run\n  | echo a\n  | echo b')).toEqual([]);
  expect(problemsOf('memory')).toEqual([{ line: 1, what: 'memory needs a value' }]);
  expect(problemsOf('run\nname x')).toEqual([{ line: 1, what: 'run needs a value' }]);
  expect(problemsOf('file\n  | text')).toEqual([{ line: 1, what: 'file needs a value' }]);
  expect(problemsOf(`name x\n#${'x'.repeat(300_000)}`)[0]!.what).toMatch(/256 KiB/);
});

test('the last name wins, and comments are no names', () => {
  expect(nameOf('name a\n# name b\nname c')).toBe('c');
  expect(nameOf('# nothing')).toBeUndefined();
});

test('progress', () => {
  expect(progressOf({ current_step: 0, total_steps: 0, status: 'pending' })).toBeUndefined();
  expect(progressOf({ current_step: 3, total_steps: 6, status: 'running' })).toBe(0.5);
  expect(progressOf({ current_step: 3, total_steps: 6, status: 'success' })).toBe(1);
  expect(['success', 'failed', 'cancelled', 'running'].map(isOver)).toEqual([true, true, true, false]);
});
