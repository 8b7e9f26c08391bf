// SPDX-License-Identifier: Apache-2.0
export interface Point {
  timestamp_unix: number;
  cpu_pct: number;
  mem_bytes: number;
  mem_total_bytes: number;
  disk_bytes: number;
  disk_total_bytes: number;
}

export const RANGES = ['5m', '10m', '1h', '2h', '6h', '12h', '24h'] as const;
export type Range = (typeof RANGES)[number];

export const isRange = (text: string | null): text is Range => RANGES.includes(text as Range);

const MINUTES: Record<Range, number> = {
  '5m': 5,
  '10m': 10,
  '1h': 60,
  '2h': 120,
  '6h': 360,
  '12h': 720,
  '24h': 1440,
};
export const rangeSeconds = (range: Range) => MINUTES[range] * 60;

/** Seconds between two measurements of a range, and how often it is worth asking again. */
export const densityOf = (range: Range) => (MINUTES[range] <= 10 ? 5 : MINUTES[range] <= 120 ? 30 : 300);
export const refreshSeconds = (range: Range) => (MINUTES[range] <= 10 ? 5 : MINUTES[range] <= 120 ? 15 : 60);

export function rangeText(range: Range): string {
  const minutes = MINUTES[range];
  if (minutes < 60) return `last ${minutes} minutes`;
  return minutes === 60 ? 'last hour' : `last ${minutes / 60} hours`;
}

export type Column = (number | null)[];

/**
 * Columns for a chart: times, then one column for each value. Where measurements are missing for longer than they
 * usually are apart, for example while the sandbox was paused, the line has a gap.
 */
export function columnsOf(
  points: readonly Point[],
  density: number,
  values: ((point: Point) => number)[],
): [number[], ...Column[]] {
  const times: number[] = [];
  const columns: Column[] = values.map(() => []);
  let before: number | undefined;
  for (const point of points) {
    if (before !== undefined && point.timestamp_unix - before > density * 3.5) {
      times.push(before + density);
      for (const column of columns) column.push(null);
    }
    before = point.timestamp_unix;
    times.push(point.timestamp_unix);
    values.forEach((value, i) => columns[i]!.push(value(point)));
  }
  return [times, ...columns];
}

/** Older measurements with newer ones added, in order, each moment once, none from before `since`. */
export function append(older: readonly Point[], newer: readonly Point[], since: number): Point[] {
  const at = new Map<number, Point>();
  for (const point of older) at.set(point.timestamp_unix, point);
  for (const point of newer) at.set(point.timestamp_unix, point);
  return [...at.values()].filter((p) => p.timestamp_unix >= since).sort((a, b) => a.timestamp_unix - b.timestamp_unix);
}

export interface Summary {
  now: number;
  low: number;
  high: number;
  mean: number;
}

export function summaryOf(values: readonly number[]): Summary | undefined {
  if (!values.length) return undefined;
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  return { now: values.at(-1)!, low, high, mean: sum / values.length };
}

/**
 * Upper end of an axis: the limit if there is one and values come near it, else a round number above the highest, and
 * at least a twentieth of the limit, so that noise does not look like work.
 */
export function ceiling(high: number, limit?: number): number {
  if (limit && high > limit * 0.5) return Math.max(limit, high);
  if (high <= 0) return limit ?? 1;
  const power = 10 ** Math.floor(Math.log10(high));
  const step = [1, 2, 2.5, 5, 10].find((n) => n * power >= high * 1.1) ?? 10;
  return limit ? Math.min(limit, Math.max(limit / 20, step * power)) : step * power;
}
