// SPDX-License-Identifier: Apache-2.0
import type { Snippet } from 'svelte';

export type Sortable = string | number | boolean | null | undefined;

export interface Column<Row> {
  id: string;
  header: string;
  /** What the cell shows as text, and what sorting goes by. */
  value?: (row: Row) => Sortable;
  /** What the cell shows, when text is not enough. */
  cell?: Snippet<[Row]>;
  sortable?: boolean;
  /** Stays on a phone's screen. */
  key?: boolean;
  align?: 'start' | 'end';
  mono?: boolean;
  /** Of actions: the header is there for screen readers only. */
  hideHeader?: boolean;
  /** As wide as an id, for example: then the others stay where they are when rows come. */
  skeletonWidth?: string;
  /** CSS width: '8rem'. */
  width?: string;
}

export interface Sort {
  id: string;
  descending: boolean;
}

/** "-created_at" is the newest first. */
export function parseSort(text: string): Sort | undefined {
  if (!text) return undefined;
  return text.startsWith('-') ? { id: text.slice(1), descending: true } : { id: text, descending: false };
}

/** A click sorts ascending, then descending, then not at all. */
export function nextSort(current: Sort | undefined, id: string): string {
  if (current?.id !== id) return id;
  return current.descending ? '' : `-${id}`;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function compare(a: Sortable, b: Sortable): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

function isNothing(value: Sortable): boolean {
  return value === undefined || value === null || value === '';
}

/** Rows without a value come last either way; equal ones stay as they were. */
export function sortRows<Row>(rows: readonly Row[], columns: Column<Row>[], sort: Sort | undefined): Row[] {
  const value = columns.find((column) => column.id === sort?.id)?.value;
  if (!sort || !value) return [...rows];
  const direction = sort.descending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const a = value(left);
    const b = value(right);
    if (isNothing(a) || isNothing(b)) return Number(isNothing(a)) - Number(isNothing(b));
    return direction * compare(a, b);
  });
}
