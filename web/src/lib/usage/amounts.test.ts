// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { daysFrom, daysProblem, fillOf, gibHours, hours, lastDays, mib, quotaAmount, quotaLabel } from './amounts';

const NOW = Date.parse('2026-03-31T10:00:00Z');

test('seconds are shown as hours', () => {
  expect(hours(0)).toBe('0 h');
  expect(hours(90)).toBe('0.03 h');
  expect(hours(3600 * 1234.56)).toBe('1,234.6 h');
  expect(gibHours(1024 * 3600 * 2)).toBe('2 GiB h');
});

test('sizes have the unit that fits', () => {
  expect(mib(512)).toBe('512 MiB');
  expect(mib(1536)).toBe('1.5 GiB');
  expect(mib(1_048_576)).toBe('1 TiB');
  expect(quotaAmount('memory_mb', 2048)).toBe('2 GiB');
  expect(quotaAmount('sandboxes', 2048)).toBe('2,048');
  expect(quotaLabel('sandbox_vcpus')).toBe('vCPUs of a sandbox');
});

test('a bar is fine, high or full', () => {
  expect(fillOf(1, 4)).toEqual({ percent: 25, fill: 'fine' });
  expect(fillOf(8, 10)).toEqual({ percent: 80, fill: 'high' });
  expect(fillOf(12, 10)).toEqual({ percent: 100, fill: 'full' });
  expect(fillOf(0, 0)).toEqual({ percent: 100, fill: 'full' });
});

test('thirty days, both ends included', () => {
  expect(lastDays(30, NOW)).toEqual({ from: '2026-03-02', to: '2026-03-31' });
  expect(daysFrom(new URLSearchParams(), NOW)).toEqual({ from: '2026-03-02', to: '2026-03-31' });
  expect(daysFrom(new URLSearchParams('from=2026-01-01&to=oops'), NOW)).toEqual({
    from: '2026-01-01',
    to: '2026-03-31',
  });
});

test('ranges that the server refuses are told before', () => {
  expect(daysProblem({ from: '2026-03-02', to: '2026-03-01' })).toBe('The first day is after the last');
  expect(daysProblem({ from: '2026-01-01', to: '2026-04-03' })).toBe('At most 92 days at a time');
  expect(daysProblem({ from: '2026-01-01', to: '2026-04-02' })).toBeUndefined();
});
