// SPDX-License-Identifier: Apache-2.0
import type { Sandbox } from '$lib/api/sandbox_detail';

type Status = Sandbox['status'];

const IN_BETWEEN: readonly Status[] = ['pending', 'starting', 'pausing', 'resuming', 'stopping'];
const SNAPSHOT_FROM: readonly Status[] = ['running', 'paused'];

/** A state that ends by itself, soon. */
export const isInBetween = (status: Status) => IN_BETWEEN.includes(status);
export const canSnapshot = (status: Status) => SNAPSHOT_FROM.includes(status);

export const TIMEOUTS: readonly { seconds: number; label: string }[] = [
  { seconds: 15 * 60, label: '15 minutes' },
  { seconds: 3600, label: '1 hour' },
  { seconds: 8 * 3600, label: '8 hours' },
  { seconds: 24 * 3600, label: '1 day' },
  { seconds: 0, label: 'Never' },
];

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Why a text cannot be the name of a snapshot or template. */
export function templateNameProblem(name: string): string | undefined {
  if (name.length > 64) return 'At most 64 characters.';
  if (!NAME.test(name)) return "Letters, digits, '.', '_' and '-', beginning with a letter or digit.";
  return undefined;
}
