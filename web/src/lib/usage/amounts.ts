// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';

export type Quota = components['schemas']['QuotaView'];
export type DayUsage = components['schemas']['DayUsage'];

const HOUR = 3600;
const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const FINE = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

export function count(value: number): string {
  return NUMBER.format(value);
}

/** Seconds as hours, with as many digits as mean something. */
export function hours(seconds: number): string {
  const value = seconds / HOUR;
  return `${(value < 10 ? FINE : NUMBER).format(value)} h`;
}

/** MiB-seconds as GiB-hours. */
export function gibHours(mibSeconds: number): string {
  const value = mibSeconds / 1024 / HOUR;
  return `${(value < 10 ? FINE : NUMBER).format(value)} GiB h`;
}

export function mib(value: number): string {
  if (value < 1024) return `${NUMBER.format(value)} MiB`;
  if (value < 1024 * 1024) return `${NUMBER.format(value / 1024)} GiB`;
  return `${NUMBER.format(value / 1024 / 1024)} TiB`;
}

const QUOTA_LABELS: Record<string, string> = {
  sandboxes: 'Sandboxes',
  vcpus: 'vCPUs',
  memory_mb: 'Memory',
  disk_mb: 'Disk',
  templates: 'Templates',
  sandbox_vcpus: 'vCPUs of a sandbox',
  sandbox_memory_mb: 'Memory of a sandbox',
  sandbox_disk_mb: 'Disk of a sandbox',
};

export function quotaLabel(name: string): string {
  return QUOTA_LABELS[name] ?? name.replaceAll('_', ' ');
}

export function quotaAmount(name: string, value: number): string {
  return name.endsWith('_mb') ? mib(value) : NUMBER.format(value);
}

export type Fill = 'fine' | 'high' | 'full';

/** How much of a limit is used; a limit of zero is full. */
export function fillOf(used: number, limit: number): { percent: number; fill: Fill } {
  const share = limit > 0 ? used / limit : 1;
  const percent = Math.round(Math.min(share, 1) * 1000) / 10;
  return { percent, fill: share >= 1 ? 'full' : share >= 0.8 ? 'high' : 'fine' };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
export const MAX_DAYS = 92;

export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export interface Days {
  from: string;
  to: string;
}

export function lastDays(count: number, now: number): Days {
  return { from: dayText(now - (count - 1) * DAY_MS), to: dayText(now) };
}

function isDay(text: string | null): text is string {
  return !!text && DAY.test(text) && !Number.isNaN(Date.parse(text));
}

/** Days of UTC, as in the address; the last thirty when it names none. */
export function daysFrom(params: URLSearchParams, now: number): Days {
  const [from, to] = [params.get('from'), params.get('to')];
  const usual = lastDays(30, now);
  return { from: isDay(from) ? from : usual.from, to: isDay(to) ? to : usual.to };
}

export function daysProblem({ from, to }: Days): string | undefined {
  const length = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (length < 1) return 'The first day is after the last';
  return length > MAX_DAYS ? `At most ${MAX_DAYS} days at a time` : undefined;
}
