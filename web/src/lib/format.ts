// SPDX-License-Identifier: Apache-2.0
const kMinute = 60;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

/** Milliseconds since 1970 of what the API writes, or of a number as it is. */
export function timeOf(value: string | number | Date): number {
  return value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Date.parse(value);
}

/** "just now", "5 min ago", "in 2 h", "3 d ago"; a date when that is far away. */
export function relativeTime(value: string | number | Date, now = Date.now()): string {
  const seconds = Math.round((timeOf(value) - now) / 1000);
  const distance = Math.abs(seconds);
  if (Number.isNaN(distance)) return '';
  if (distance < 10) return 'just now';
  if (distance > 30 * kDay) return dateText(value);
  const amount = shortDuration(distance);
  return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

/** One unit: "45 s", "5 min", "3 h", "2 d". */
export function shortDuration(seconds: number): string {
  if (seconds < kMinute) return `${Math.floor(seconds)} s`;
  if (seconds < kHour) return `${Math.floor(seconds / kMinute)} min`;
  if (seconds < kDay) return `${Math.floor(seconds / kHour)} h`;
  return `${Math.floor(seconds / kDay)} d`;
}

/** Two units: "1 h 20 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const units: [number, string][] = [
    [kDay, 'd'],
    [kHour, 'h'],
    [kMinute, 'min'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => whole >= size);
  if (first < 0) return '0 s';
  let rest = whole;
  const parts: string[] = [];
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

export type TimeZone = 'local' | 'utc';
let timeZone: TimeZone = 'local';
export function setTimeZone(zone: TimeZone): void {
  timeZone = zone;
}

function zoneOption(): { timeZone?: string } {
  return timeZone === 'utc' ? { timeZone: 'UTC' } : {};
}

/** "2 Mar 2026, 14:05:09 GMT+1" */
export function dateTimeText(value: string | number | Date): string {
  return new Date(timeOf(value)).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    ...zoneOption(),
  });
}

/** "2 Mar 2026" */
export function dateText(value: string | number | Date): string {
  return new Date(timeOf(value)).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...zoneOption(),
  });
}

/** "14:05" */
export function clockText(value: string | number | Date): string {
  return new Date(timeOf(value)).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...zoneOption(),
  });
}

/** "1.5 GiB" */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit > 0 && Math.abs(size) < 10 ? 1 : 0;
  return `${trimmed(size, digits)} ${units[unit]}`;
}

/** The API's `memory_mb` and `disk_mb`. */
export function megabytesText(megabytes: number): string {
  return bytesText(megabytes * 1024 * 1024);
}

export function numberText(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** Of a fraction: 0.256 is "26 %". */
export function percentText(fraction: number, digits = 0): string {
  return `${trimmed(fraction * 100, digits)} %`;
}

/** "1 sandbox", "2 sandboxes" */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

function trimmed(value: number, digits: number): string {
  return digits === 0 ? String(Math.round(value)) : value.toFixed(digits).replace(/\.0+$/, '');
}
