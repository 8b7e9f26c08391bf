// SPDX-License-Identifier: Apache-2.0
import { render, screen, waitFor, within } from '@testing-library/svelte';
import { SvelteSet } from 'svelte/reactivity';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const address = vi.hoisted(() => ({ goto: vi.fn(), page: { url: new URL('http://sandbar.test/dashboard') } }));
vi.mock('$app/navigation', () => ({ goto: address.goto }));
vi.mock('$app/state', () => ({ page: address.page }));

const { default: DataTable } = await import('./DataTable.svelte');
const { default: StateMark } = await import('./StateMark.svelte');
const { ApiError } = await import('$lib/api/error');
const { preferences } = await import('$lib/preferences.svelte');

interface Row {
  id: string;
  name: string;
}
const rows: Row[] = [
  { id: 'b', name: 'second' },
  { id: 'a', name: '<b>first</b>' },
];
const columns = [
  { id: 'name', header: 'Name', value: (row: Row) => row.name, sortable: true, key: true },
  { id: 'id', header: 'Id', value: (row: Row) => row.id },
];
const props = { label: 'Things', rowId: (row: Row) => row.id, columns };
const shown = () => screen.getAllByRole('row').slice(1);

beforeEach(() => {
  address.page.url = new URL('http://sandbar.test/dashboard');
  address.goto.mockClear();
});

describe('a table', () => {
  it('is busy, with rows that shimmer, while it is loading', () => {
    const { container } = render(DataTable<Row>, { ...props, rows: undefined });
    expect(container.querySelector('[aria-busy=true]')).not.toBeNull();
    expect(screen.getAllByTestId('skeleton-row').length).toBeGreaterThanOrEqual(3);
    expect(screen.getByRole('status').textContent).toBe('Loading things');
  });

  it('shows names as they are', () => {
    render(DataTable<Row>, { ...props, rows });
    expect(screen.getByText('<b>first</b>')).toBeTruthy();
  });

  it('sorts by the address', () => {
    address.page.url = new URL('http://sandbar.test/dashboard?sort=-name');
    render(DataTable<Row>, { ...props, rows });
    expect(shown().map((row) => row.dataset.row)).toEqual(['b', 'a']);
    expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending');
    screen.getByRole('button', { name: 'Name' }).click();
    expect(address.goto).toHaveBeenCalledOnce();
  });

  it('hides columns that are not wanted, and remembers that', async () => {
    const more = [...columns, { id: 'age', header: 'Age', value: () => 'old' }];
    render(DataTable<Row>, { ...props, columns: more, rows });
    expect(screen.getByRole('button', { name: 'Columns of things' })).toBeTruthy();
    preferences.toggleColumn('Things', 'age');
    await waitFor(() => expect(screen.queryByRole('columnheader', { name: 'Age' })).toBeNull());
    expect(screen.queryByText('old')).toBeNull();
    expect(screen.getByRole('columnheader', { name: 'Id' })).toBeTruthy();
    expect(localStorage.getItem('hidden_columns')).toBe('{"Things":["age"]}');
    preferences.toggleColumn('Things', 'age');
    expect(await screen.findByRole('columnheader', { name: 'Age' })).toBeTruthy();
  });

  it('tells nothing yet from nothing that matches', async () => {
    const onclear = vi.fn();
    const { rerender } = render(DataTable<Row>, { ...props, rows: [] });
    expect(screen.getByText('Nothing here yet')).toBeTruthy();
    await rerender({ rows: [], filtered: true, onclear });
    screen.getByRole('button', { name: 'Clear filters' }).click();
    expect(onclear).toHaveBeenCalledOnce();
  });

  it('says what failed, and keeps the rows that it had', async () => {
    const error = new ApiError(503, 'unavailable', 'try later', 'req-7');
    const onretry = vi.fn();
    const { rerender } = render(DataTable<Row>, { ...props, rows: undefined, error, onretry });
    expect(screen.getByRole('alert').textContent).toContain('req-7');
    screen.getByRole('button', { name: 'Try again' }).click();
    expect(onretry).toHaveBeenCalledOnce();
    await rerender({ rows, error });
    expect(screen.getByRole('alert')).toBeTruthy();
    expect(shown()).toHaveLength(2);
  });

  it('lets only rows that come later move in, once', async () => {
    const { rerender, container } = render(DataTable<Row>, { ...props, rows });
    const entering = () => [...container.querySelectorAll<HTMLElement>('.row-enter')].map((row) => row.dataset.row);
    expect(entering()).toEqual([]);
    await rerender({ rows: [{ id: 'c', name: 'third' }, ...rows] });
    expect(entering()).toEqual(['c']);
    const element = container.querySelector('.row-enter');
    await rerender({ rows: [{ id: 'c', name: 'third' }, ...rows] });
    expect(container.querySelector('.row-enter')).toBe(element);
    await rerender({ rows: [{ id: 'd', name: 'other' }], view: 'other filters' });
    expect(entering()).not.toContain('d');
  });

  it('selects one row, or all', async () => {
    const selection = new SvelteSet<string>();
    render(DataTable<Row>, { ...props, rows, selection });
    screen.getByRole('checkbox', { name: 'Select a' }).click();
    expect([...selection]).toEqual(['a']);
    screen.getByRole('checkbox', { name: 'Select all rows' }).click();
    expect([...selection].toSorted()).toEqual(['a', 'b']);
  });

  it('goes through rows by keys, but not while somebody types', () => {
    render(DataTable<Row>, { ...props, rows, href: (row: Row) => `/things/${row.id}` });
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
    expect((document.activeElement as HTMLElement).dataset.row).toBe('b');
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    expect(address.goto).toHaveBeenCalledWith('/things/b');
    const input = document.createElement('input');
    document.body.append(input);
    input.focus();
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    expect(document.activeElement).toBe(input);
    input.remove();
  });
});

describe('a state', () => {
  it('has a word, and a ring while it is live', () => {
    const { container } = render(StateMark, { state: 'running' });
    expect(within(container).getByText('Running')).toBeTruthy();
    expect(container.querySelector('.pulse-ring')).not.toBeNull();
  });

  it.each(['paused', 'missing', 'unreachable', 'offline', 'stopped', 'error'])('%s does not pulse', (state) => {
    const { container } = render(StateMark, { state });
    expect(container.querySelector('.pulse-ring, .spin')).toBeNull();
  });

  it('that is not known shows its own word', () => {
    const { container } = render(StateMark, { state: 'dreaming' });
    expect(container.textContent).toContain('dreaming');
  });
});
