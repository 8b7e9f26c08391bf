// SPDX-License-Identifier: Apache-2.0
import type { Schema } from '$lib/api/client';
import { quotaLabel } from '$lib/usage/amounts';

type User = Schema['UserView'];
type Quota = Schema['QuotaView'];
type Overrides = Schema['Overrides'];
type Job = Schema['JobView'];

/** Why an account cannot be disabled or enabled; nothing if it can. */
export function activeProblem(user: Pick<User, 'user_id' | 'status'>, me: string | undefined): string | undefined {
  if (user.user_id === me) return 'You cannot disable yourself';
  if (user.status === 'inactive') return 'The account has not been activated yet';
  return user.status === 'deleted' ? 'The account is deleted' : undefined;
}

/** Why somebody cannot become, or stop being, a platform admin. */
export function adminProblem(user: Pick<User, 'is_admin' | 'status'>): string | undefined {
  if (user.is_admin) return undefined;
  return user.status === 'active' ? undefined : 'Only an active user can become a platform admin';
}

/** A form's texts by the names of quotas; empty means the installation's limit. */
export type QuotaTexts = Record<string, string>;

export function textsOf(quotas: readonly Quota[]): QuotaTexts {
  return Object.fromEntries(quotas.map((quota) => [quota.name, quota.is_default ? '' : String(quota.limit)]));
}

export function quotaProblem(text: string): string | undefined {
  if (!text.trim()) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? undefined : 'Enter a whole number, or nothing';
}

export function overridesOf(texts: QuotaTexts): Overrides {
  const given = Object.entries(texts).filter(([, text]) => text.trim());
  return Object.fromEntries(given.map(([name, text]) => [name, Number(text)])) as Overrides;
}

export function quotaField(name: string): string {
  return name.endsWith('_mb') ? `${quotaLabel(name)} (MiB)` : quotaLabel(name);
}

export type JobState = 'fine' | 'failing';

export function jobStateOf(job: Pick<Job, 'failures'>): JobState {
  return job.failures > 0 ? 'failing' : 'fine';
}

/** Jobs that fail come first, else by name. */
export function jobsInOrder<T extends Pick<Job, 'failures' | 'name'>>(jobs: readonly T[]): T[] {
  return [...jobs].sort((a, b) => b.failures - a.failures || a.name.localeCompare(b.name));
}
