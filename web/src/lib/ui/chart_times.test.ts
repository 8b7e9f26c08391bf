// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { axisText, fullText } from './chart_times';

const at = (time: string) => Date.parse(time) / 1000;

it('says times of an axis by how close they are', () => {
  expect(axisText(at('2026-03-02T14:05:30Z'), 10, 'UTC')).toBe('14:05:30');
  expect(axisText(at('2026-03-02T14:05:00Z'), 300, 'UTC')).toBe('14:05');
  expect(axisText(at('2026-03-02T00:00:00Z'), 3600, 'UTC')).toBe('2 Mar');
  expect(axisText(at('2026-03-02T00:00:00Z'), 86_400, 'UTC')).toBe('2 Mar');
});

it('says days and times of a table', () => {
  expect(fullText(at('2026-03-02T00:00:00Z'), true, 'UTC')).toBe('2 Mar 2026');
  expect(fullText(at('2026-03-02T14:05:30Z'), false, 'UTC')).toBe('2 Mar 2026, 14:05:30 UTC');
});
