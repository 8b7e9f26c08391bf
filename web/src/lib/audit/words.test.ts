// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { actionsOf } from './catalogue';
import { DONE } from './words';

test('every action of the catalogue has its word, and no other', () => {
  expect(Object.keys(DONE).sort()).toEqual(actionsOf([]));
});
