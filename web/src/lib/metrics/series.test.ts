// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { append, ceiling, columnsOf, isRange, rangeText, summaryOf, type Point } from './series';

const point = (timestamp_unix: number, cpu_pct = 1): Point => ({
  timestamp_unix,
  cpu_pct,
  mem_bytes: 0,
  mem_total_bytes: 0,
  disk_bytes: 0,
  disk_total_bytes: 0,
});

test('a line has a gap where nothing was measured', () => {
  const [times, cpu] = columnsOf([point(0), point(5), point(60)], 5, [(p) => p.cpu_pct]);
  expect(times).toEqual([0, 5, 10, 60]);
  expect(cpu).toEqual([1, 1, null, 1]);
});

test('one or two lost measurements are no gap', () => {
  expect(columnsOf([point(0), point(15)], 5, [(p) => p.cpu_pct])[0]).toEqual([0, 15]);
});

test('new measurements are appended, the same moment once, and old ones leave', () => {
  const merged = append([point(1), point(5), point(10)], [point(10, 9), point(15)], 5);
  expect(merged.map((p) => [p.timestamp_unix, p.cpu_pct])).toEqual([
    [5, 1],
    [10, 9],
    [15, 1],
  ]);
});

test('summaries', () => {
  expect(summaryOf([])).toBeUndefined();
  expect(summaryOf([1, 5, 3])).toEqual({ now: 3, low: 1, high: 5, mean: 3 });
});

test('an axis ends at a round number, or at the limit when values come near', () => {
  expect(ceiling(0)).toBe(1);
  expect(ceiling(0, 512)).toBe(512);
  expect(ceiling(3)).toBe(5);
  expect(ceiling(90, 100)).toBe(100);
  expect(ceiling(140, 100)).toBe(140);
  expect(ceiling(4, 100)).toBe(5);
  expect(ceiling(0.3, 100)).toBe(5);
});

test('ranges', () => {
  expect(isRange('10m')).toBe(true);
  expect(isRange('9m')).toBe(false);
  expect(isRange(null)).toBe(false);
  expect(rangeText('10m')).toBe('last 10 minutes');
  expect(rangeText('1h')).toBe('last hour');
  expect(rangeText('24h')).toBe('last 24 hours');
});
