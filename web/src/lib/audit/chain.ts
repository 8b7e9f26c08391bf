// SPDX-License-Identifier: Apache-2.0
import type { Schema } from '$lib/api/client';

/** What is wrong with a chain, in words. */
export const DAMAGES: Record<Schema['BrokenView']['damage'], string> = {
  changed: 'an entry was changed',
  removed: 'an entry was removed',
  added: 'an entry was slipped in',
  unlinked: 'an entry does not follow from the one before',
  truncated: 'the end was cut off',
};
