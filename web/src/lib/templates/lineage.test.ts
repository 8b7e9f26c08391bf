// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  ancestorsOf,
  descendantsOf,
  familyOf,
  forestOf,
  keyMove,
  kindOf,
  rowsOf,
  withAncestors,
  type Made,
} from './lineage';

let clock = 0;
const made = (name: string, parent?: string, more: Partial<Made> = {}): Made => ({
  id: name,
  name,
  type: parent ? 'snapshot' : 'base',
  platform: false,
  created_at: `2026-01-01T00:00:${String(clock++).padStart(2, '0')}Z`,
  ...(parent ? { parent_template_id: parent, parent } : {}),
  ...more,
});

const web = made('web');
const base = made('base', undefined, { platform: true });
const a = made('a', 'base');
const b = made('b', 'base');
const a1 = made('a1', 'a');
const a2 = made('a2', 'a');
const all = [a2, web, b, a1, base, a];

test('kinds', () => {
  expect([base, web, a].map(kindOf)).toEqual(['platform', 'built', 'snapshot']);
});

test('the platform comes first, parents before children, older before younger', () => {
  const rows = rowsOf(forestOf(all));
  expect(rows.map((r) => '-'.repeat(r.depth) + r.node.template.name)).toEqual([
    'base',
    '-a',
    '--a1',
    '--a2',
    '-b',
    'web',
  ]);
  expect(rows.map((r) => r.isLast)).toEqual([false, false, false, true, true, true]);
});

test('lines run past a row only where a later sibling needs them', () => {
  const rails = Object.fromEntries(rowsOf(forestOf(all)).map((r) => [r.node.template.name, r.rails]));
  expect(rails).toEqual({ base: [], a: [], a1: [true], a2: [true], b: [], web: [] });
});

test('folding hides what was made from it', () => {
  const rows = rowsOf(forestOf(all), new Set(['base']));
  expect(rows.map((r) => r.node.template.name)).toEqual(['base', 'web']);
  expect(rows[0]!.expanded).toBe(false);
  expect(rows[1]!.expanded).toBeUndefined();
});

test('a template whose parent is gone stands by itself and says so', () => {
  const orphan = made('orphan', 'gone');
  expect(forestOf([orphan])[0]).toMatchObject({ lostParent: 'gone' });
  expect(forestOf([{ ...orphan, parent: undefined }])[0]).toMatchObject({ lostParent: 'a deleted template' });
});

test('a ring of parents does not hang and loses nobody', () => {
  const ring = [made('x', 'y'), made('y', 'x'), made('z', 'z')];
  expect(rowsOf(forestOf(ring))).toHaveLength(3);
  expect(ancestorsOf(ring[0]!, ring).map((t) => t.name)).toEqual(['y']);
});

test('family', () => {
  expect(ancestorsOf(a1, all).map((t) => t.name)).toEqual(['base', 'a']);
  expect(descendantsOf(base, all).map((t) => t.name)).toEqual(['a', 'a1', 'a2', 'b']);
  expect(familyOf(a, all).map((t) => t.name)).toEqual(['base', 'a', 'a1', 'a2']);
});

test('arrow keys', () => {
  const rows = rowsOf(forestOf(all));
  expect(keyMove('ArrowDown', rows, 0)).toEqual({ to: 1 });
  expect(keyMove('ArrowUp', rows, 0)).toEqual({ to: 0 });
  expect(keyMove('End', rows, 0)).toEqual({ to: 5 });
  expect(keyMove('ArrowLeft', rows, 2)).toEqual({ to: 1 });
  expect(keyMove('ArrowLeft', rows, 1)).toEqual({ toggle: 'a' });
  expect(keyMove('ArrowRight', rows, 1)).toEqual({ to: 2 });
  expect(keyMove('ArrowRight', rows, 2)).toBeUndefined();
  expect(keyMove('ArrowLeft', rows, 5)).toBeUndefined();
});

test('a filter keeps the parents of what matches', () => {
  const { shown, matching } = withAncestors(all, (t) => t.name === 'a2');
  expect(shown.map((t) => t.name).sort()).toEqual(['a', 'a2', 'base']);
  expect([...matching]).toEqual(['a2']);
  expect(withAncestors(all, () => false).shown).toEqual([]);
});
