// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Entries } from './entries';
import { place } from './place';
import { nextSort, parseSort, sortRows, type Column } from './table';

interface Row {
  name: string;
  size?: number;
}
const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name },
  { id: 'size', header: 'Size', value: (row) => row.size },
];
const rows: Row[] = [{ name: 'host-10', size: 2 }, { name: 'host-9' }, { name: 'Host-1', size: 10 }];
const names = (sort: string) => sortRows(rows, columns, parseSort(sort)).map((row) => row.name);

describe('sorting', () => {
  it('knows numbers within names', () => {
    expect(names('name')).toEqual(['Host-1', 'host-9', 'host-10']);
  });
  it('puts what has no value last, either way', () => {
    expect(names('size')).toEqual(['host-10', 'Host-1', 'host-9']);
    expect(names('-size')).toEqual(['Host-1', 'host-10', 'host-9']);
  });
  it('leaves the order without a column that it knows', () => {
    expect(names('')).toEqual(rows.map((row) => row.name));
    expect(names('nothing')).toEqual(rows.map((row) => row.name));
  });
  it('goes up, down, and away', () => {
    expect(nextSort(undefined, 'name')).toBe('name');
    expect(nextSort(parseSort('name'), 'name')).toBe('-name');
    expect(nextSort(parseSort('-name'), 'name')).toBe('');
    expect(nextSort(parseSort('-name'), 'size')).toBe('size');
  });
});

describe('rows that move in', () => {
  it('are those that come later, once', () => {
    const entries = new Entries();
    expect([...entries.take(['a', 'b'])]).toEqual([]);
    expect([...entries.take(['c', 'a', 'b'])]).toEqual(['c']);
    expect([...entries.take(['c', 'a', 'b'])]).toEqual([]);
  });
  it('are not those of other filters', () => {
    const entries = new Entries();
    entries.take(['a']);
    entries.expectBaseline();
    expect([...entries.take(['b', 'c'])]).toEqual([]);
    expect([...entries.take(['a', 'b', 'd'])]).toEqual(['d']);
  });
});

describe('a floating box', () => {
  const view = { width: 1000, height: 800 };
  const size = { width: 200, height: 300 };

  it('stands where it is wanted', () => {
    const anchor = { left: 400, top: 100, width: 50, height: 30 };
    expect(place(anchor, size, view, 'bottom', 'start')).toEqual({ left: 400, top: 136 });
    expect(place(anchor, size, view, 'bottom', 'end')).toEqual({ left: 250, top: 136 });
  });
  it('stands on the other side when there is no room', () => {
    expect(place({ left: 400, top: 700, width: 50, height: 30 }, size, view, 'bottom', 'start').top).toBe(394);
  });
  it('stays within the window', () => {
    expect(place({ left: 980, top: 100, width: 20, height: 30 }, size, view, 'bottom', 'start').left).toBe(792);
  });
});
