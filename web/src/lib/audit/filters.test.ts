// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { filtersFrom, isFiltered, NO_FILTERS, queryOf, withFilters } from './filters';

test('filters come from the address, each value once', () => {
  const filters = filtersFrom(
    new URLSearchParams('resource=sandbox,host,sandbox&action=create&from=2026-03-01&text=a b'),
  );
  expect(filters).toEqual({
    ...NO_FILTERS,
    resource: ['sandbox', 'host'],
    action: ['create'],
    from: '2026-03-01',
    text: 'a b',
  });
});

test('what is no day is left out', () => {
  expect(filtersFrom(new URLSearchParams('from=yesterday&to=2026-99-99'))).toEqual(NO_FILTERS);
});

test('an address with filters is read back as it was written', () => {
  const filters = { ...NO_FILTERS, actor: ['usr-1', 'system'], to: '2026-02-03', text: "O'Neil" };
  const params = withFilters(new URLSearchParams('team=abc&resource=host'), filters);
  expect(params.get('team')).toBe('abc');
  expect(params.has('resource')).toBe(false);
  expect(filtersFrom(params)).toEqual(filters);
});

test('no filter is no filter', () => {
  expect(isFiltered(NO_FILTERS)).toBe(false);
  expect(isFiltered({ ...NO_FILTERS, text: 'x' })).toBe(true);
  expect(Object.values(queryOf(NO_FILTERS)).every((value) => value === undefined)).toBe(true);
});

test('the last day is part of the range', () => {
  const { from, to } = queryOf({ ...NO_FILTERS, from: '2026-03-01', to: '2026-03-01' });
  const hours = (Date.parse(to!) - Date.parse(from!)) / 3_600_000;
  expect(hours).toBeGreaterThanOrEqual(23);
  expect(hours).toBeLessThanOrEqual(25);
});
