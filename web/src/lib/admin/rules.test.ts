// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  activeProblem,
  adminProblem,
  jobsInOrder,
  jobStateOf,
  overridesOf,
  quotaField,
  quotaProblem,
  textsOf,
} from './rules';

test('nobody disables themselves, or what was never active', () => {
  expect(activeProblem({ user_id: 'a', status: 'active' }, 'a')).toContain('yourself');
  expect(activeProblem({ user_id: 'a', status: 'inactive' }, 'b')).toContain('activated');
  expect(activeProblem({ user_id: 'a', status: 'disabled' }, 'b')).toBeUndefined();
});

test('only active users become admins; every admin may stop being one', () => {
  expect(adminProblem({ is_admin: false, status: 'disabled' })).toContain('active');
  expect(adminProblem({ is_admin: false, status: 'active' })).toBeUndefined();
  expect(adminProblem({ is_admin: true, status: 'disabled' })).toBeUndefined();
});

test('only own limits are filled in and sent', () => {
  const quotas = [
    { name: 'vcpus', limit: 1000, is_default: true },
    { name: 'sandboxes', limit: 5, is_default: false },
  ];
  expect(textsOf(quotas)).toEqual({ vcpus: '', sandboxes: '5' });
  expect(overridesOf({ vcpus: ' ', sandboxes: '7' })).toEqual({ sandboxes: 7 });
  expect(quotaField('memory_mb')).toBe('Memory (MiB)');
});

test('limits are whole numbers', () => {
  for (const text of ['', ' ', '0', '12']) expect(quotaProblem(text)).toBeUndefined();
  for (const text of ['1.5', '-1', 'many']) expect(quotaProblem(text)).toBeTruthy();
});

test('jobs that fail come first', () => {
  const jobs = [
    { name: 'b', failures: 0 },
    { name: 'a', failures: 0 },
    { name: 'c', failures: 2 },
  ];
  expect(jobsInOrder(jobs).map((job) => job.name)).toEqual(['c', 'a', 'b']);
  expect(jobStateOf(jobs[2]!)).toBe('failing');
});
