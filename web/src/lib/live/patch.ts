// SPDX-License-Identifier: Apache-2.0
/** Rows of the cache that an event names are changed in place; everything else is left as it is. */

type Row = Record<string, unknown>;

export interface Patched {
  data: unknown;
  /** Whether the named row was there. */
  found: boolean;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamed(row: unknown, id: string): row is Row {
  return isRow(row) && (row.id === id || row.user_id === id);
}

/** `change` makes the new row of the old one; undefined removes it. */
type Change = (row: Row) => Row | undefined;

function changeList(rows: unknown[], id: string, change: Change): Patched {
  const index = rows.findIndex((row) => isNamed(row, id));
  if (index < 0) return { data: rows, found: false };
  const changed = change(rows[index] as Row);
  const data = changed ? rows.with(index, changed) : rows.toSpliced(index, 1);
  return { data, found: true };
}

/** Knows a row, a list of rows, a page `{items}`, and the pages of an infinite query `{pages}`. */
export function changeRow(data: unknown, id: string, change: Change): Patched {
  if (Array.isArray(data)) return changeList(data, id, change);
  if (!isRow(data)) return { data, found: false };
  if (Array.isArray(data.items)) {
    const items = changeList(data.items, id, change);
    return items.found ? { data: { ...data, items: items.data }, found: true } : { data, found: false };
  }
  if (Array.isArray(data.pages)) {
    for (const [index, page] of data.pages.entries()) {
      const patched = changeRow(page, id, change);
      if (patched.found) return { data: { ...data, pages: data.pages.with(index, patched.data) }, found: true };
    }
    return { data, found: false };
  }
  if (!isNamed(data, id)) return { data, found: false };
  return { data: change(data) ?? data, found: true };
}
