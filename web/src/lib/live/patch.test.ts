// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { changeRow } from './patch';

const pause = (row: Record<string, unknown>) => ({ ...row, status: 'paused' });
const remove = () => undefined;
const rows = [
  { id: 'sb-1', status: 'running' },
  { id: 'sb-2', status: 'running' },
];

describe('a row of the cache', () => {
  it('is changed in a list, a page, an infinite query and by itself', () => {
    const list = [rows[0], { id: 'sb-2', status: 'paused' }];
    expect(changeRow(rows, 'sb-2', pause)).toEqual({ data: list, found: true });
    expect(changeRow({ items: rows, next_cursor: 'c' }, 'sb-2', pause).data).toEqual({
      items: list,
      next_cursor: 'c',
    });
    const infinite = { pages: [{ items: [] }, { items: rows }], pageParams: [0, 1] };
    expect(changeRow(infinite, 'sb-2', pause).data).toEqual({
      pages: [{ items: [] }, { items: list }],
      pageParams: [0, 1],
    });
    expect(changeRow(rows[0], 'sb-1', pause).data).toEqual({ id: 'sb-1', status: 'paused' });
  });

  it('keeps the others as the objects they were', () => {
    const changed = changeRow(rows, 'sb-2', pause).data as unknown[];
    expect(changed[0]).toBe(rows[0]);
    expect(rows[1]?.status).toBe('running');
  });

  it('is taken out of lists; what shows it alone stays', () => {
    expect(changeRow(rows, 'sb-1', remove).data).toEqual([rows[1]]);
    expect(changeRow(rows[0], 'sb-1', remove)).toEqual({ data: rows[0], found: true });
  });

  it('is known by the id of a user too', () => {
    expect(
      changeRow([{ user_id: 'usr-1', role: 'member' }], 'usr-1', (row) => ({ ...row, role: 'admin' })).data,
    ).toEqual([{ user_id: 'usr-1', role: 'admin' }]);
  });

  it('that is not there changes nothing', () => {
    for (const data of [rows, { items: rows }, { pages: [{ items: rows }] }, undefined, null, 'text']) {
      expect(changeRow(data, 'sb-3', pause)).toEqual({ data, found: false });
    }
  });
});
