// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { bytesText, countText, duration, percentText, relativeTime, shortDuration } from './format';

const kNow = Date.parse('2026-03-01T12:00:00Z');
const ago = (seconds: number) => relativeTime(kNow - seconds * 1000, kNow);

describe('times', () => {
  it.each([
    [0, 'just now'],
    [9, 'just now'],
    [45, '45 s ago'],
    [119, '1 min ago'],
    [7200, '2 h ago'],
    [3 * 86400, '3 d ago'],
    [-300, 'in 5 min'],
  ])('%i s before', (seconds, text) => {
    expect(ago(seconds)).toBe(text);
  });

  it('gives the date of what is long ago, and nothing for what is no time', () => {
    expect(ago(90 * 86400)).toBe('1 Dec 2025');
    expect(relativeTime('never', kNow)).toBe('');
  });

  it('reads what the API writes', () => {
    expect(relativeTime('2026-03-01T11:58:00.123456Z', kNow)).toBe('2 min ago');
  });
});

it('says durations in one unit or two', () => {
  expect(shortDuration(59.9)).toBe('59 s');
  expect(shortDuration(3600)).toBe('1 h');
  expect(duration(4800)).toBe('1 h 20 min');
  expect(duration(3600)).toBe('1 h');
  expect(duration(90061)).toBe('1 d 1 h');
  expect(duration(0)).toBe('0 s');
});

it('says sizes', () => {
  expect(bytesText(0)).toBe('0 B');
  expect(bytesText(1536)).toBe('1.5 KiB');
  expect(bytesText(512 * 1024 * 1024)).toBe('512 MiB');
  expect(bytesText(2 * 1024 ** 3)).toBe('2 GiB');
});

it('says counts and shares', () => {
  expect(countText(1, 'sandbox', 'sandboxes')).toBe('1 sandbox');
  expect(countText(1200, 'host')).toBe('1,200 hosts');
  expect(percentText(0.256)).toBe('26 %');
});
