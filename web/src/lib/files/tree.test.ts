// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ancestorsOf, isWithin, join, moved, nameOf, nameProblem, normalise, parentOf } from './paths';
import {
  foldersToOpen,
  foldersTouched,
  keyMove,
  rowsOf,
  sortEntries,
  withEntry,
  withoutPath,
  type Folder,
  type TreeEntry,
} from './tree';

const file = (path: string): TreeEntry => ({ name: nameOf(path), path, type: 'file', size: 1 });
const folder = (path: string): TreeEntry => ({ ...file(path), type: 'directory' });

test('paths are brought into one form', () => {
  expect(normalise('a//b/./../c/')).toBe('/a/c');
  expect(normalise('/../..')).toBe('/');
  expect(join('/', 'x')).toBe('/x');
  expect(parentOf('/a/b')).toBe('/a');
  expect(parentOf('/a')).toBe('/');
  expect(nameOf('/a/b.txt')).toBe('b.txt');
  expect(ancestorsOf('/a/b/c')).toEqual(['/', '/a', '/a/b']);
});

test('what lies below a folder moves with it, and its namesakes do not', () => {
  expect(isWithin('/ab', '/a')).toBe(false);
  expect(isWithin('/a/b', '/a')).toBe(true);
  expect(moved('/a/b/c', '/a', '/z')).toBe('/z/b/c');
  expect(moved('/ab', '/a', '/z')).toBe('/ab');
});

test('names that no file can have are refused', () => {
  expect(nameProblem('a.txt')).toBeUndefined();
  for (const bad of ['', ' ', '.', '..', 'a/b', 'é'.repeat(128)]) expect(nameProblem(bad)).toBeTruthy();
});

test('folders come first, and numbers are sorted as people count', () => {
  const sorted = sortEntries([file('/a10'), file('/a2'), folder('/z'), file('/B')]);
  expect(sorted.map((e) => e.name)).toEqual(['z', 'a2', 'a10', 'B']);
});

const folders = new Map<string, Folder>([
  ['/', { state: 'ready', entries: [folder('/a'), folder('/e'), file('/x')] }],
  ['/a', { state: 'ready', entries: [file('/a/1')] }],
  ['/e', { state: 'ready', entries: [] }],
]);

test('only open folders show what is in them', () => {
  const rows = rowsOf(folders, new Set(['/a', '/e']), '/');
  expect(rows.map((r) => (r.kind === 'entry' ? `${r.depth} ${r.entry.path}` : `${r.depth} ${r.kind}`))).toEqual([
    '0 /a',
    '1 /a/1',
    '0 /e',
    '1 empty',
    '0 /x',
  ]);
  expect(rows[0]).toMatchObject({ expanded: true, position: 1, siblings: 3 });
  expect(rowsOf(folders, new Set(['/b']), '/b')).toEqual([{ kind: 'loading', path: '/b', depth: 0 }]);
});

test('the way to a file is opened from the root of the tree on', () => {
  expect(foldersToOpen('/home/user/src/a.py', '/home/user')).toEqual(['/home/user', '/home/user/src']);
});

test('changes are merged into a folder', () => {
  const entries = withEntry([file('/a/2')], file('/a/1'));
  expect(entries.map((e) => e.name)).toEqual(['1', '2']);
  expect(withoutPath(entries, '/a/1').map((e) => e.name)).toEqual(['2']);
});

test('a change makes its folder untrue, and no other', () => {
  const loaded = ['/w', '/w/a', '/w/b'];
  expect(foldersTouched({ name: 'a/x', event: 'create' }, '/w', loaded)).toEqual(['/w/a']);
  expect(foldersTouched({ name: 'a', event: 'remove' }, '/w', loaded)).toEqual(['/w', '/w/a']);
  expect(foldersTouched({ name: 'new', event: 'create' }, '/', ['/', '/w'])).toEqual(['/']);
});

test('arrows walk the visible rows, open and close folders', () => {
  const rows = rowsOf(folders, new Set(['/a']), '/');
  expect(keyMove('ArrowDown', rows, 0)).toEqual({ to: 1 });
  expect(keyMove('ArrowLeft', rows, 1)).toEqual({ to: 0 });
  expect(keyMove('ArrowLeft', rows, 0)).toEqual({ toggle: '/a' });
  expect(keyMove('ArrowRight', rows, 2)).toEqual({ toggle: '/e' });
  expect(keyMove('End', rows, 0)).toEqual({ to: 3 });
  expect(keyMove('ArrowUp', rows, 0)).toEqual({ to: 0 });
  expect(keyMove('q', rows, 0)).toBeUndefined();
});
