// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest';
import { closeSockets, holdSocket } from './sockets';

test('a pause closes all sockets of its sandbox, once, and those of no other', () => {
  const [a, b, other] = [vi.fn(), vi.fn(), vi.fn()];
  const releaseA = holdSocket('sb-1', a);
  holdSocket('sb-1', b);
  holdSocket('sb-2', other);
  releaseA();
  expect(closeSockets('sb-1')).toBe(1);
  expect(a).not.toHaveBeenCalled();
  expect(b).toHaveBeenCalledOnce();
  expect(other).not.toHaveBeenCalled();
  expect(closeSockets('sb-1')).toBe(0);
});
