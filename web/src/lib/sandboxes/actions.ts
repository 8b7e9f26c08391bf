// SPDX-License-Identifier: Apache-2.0
import { queryClient } from '$lib/api/query';
import { destroySandbox, pauseSandbox, resumeSandbox, type Sandbox, type SandboxStatus } from '$lib/api/sandboxes';
import { changeRow } from '$lib/live/patch';
import { session } from '$lib/session/session.svelte';
import { toastError } from '$lib/ui/toast.svelte';

export type SandboxAction = 'pause' | 'resume' | 'destroy';

const kPossible: Record<SandboxAction, SandboxStatus[]> = {
  pause: ['running'],
  resume: ['paused'],
  destroy: ['pending', 'starting', 'running', 'pausing', 'paused', 'resuming', 'missing', 'error'],
};

export function may(action: SandboxAction, status: SandboxStatus): boolean {
  return kPossible[action].includes(status);
}

/** Writes what is known into every list and page that shows the sandbox. */
export function patchSandbox(id: string, patch: Partial<Sandbox>): void {
  const queries = queryClient.getQueryCache().findAll({ queryKey: [session.team_id, 'sandboxes'] });
  for (const query of queries) {
    const changed = changeRow(query.state.data, id, (row) => ({ ...row, ...patch }));
    if (changed.found) queryClient.setQueryData(query.queryKey, changed.data);
  }
}

type Reversible = 'pause' | 'resume';
const kOnTheWay: Record<Reversible, SandboxStatus> = { pause: 'pausing', resume: 'resuming' };
const kCall = { pause: pauseSandbox, resume: resumeSandbox };

/** Shown at once, and taken back if the server refuses. Throws what the server says. */
export async function changeSandbox(sandbox: Pick<Sandbox, 'id' | 'status'>, action: Reversible): Promise<void> {
  patchSandbox(sandbox.id, { status: kOnTheWay[action] });
  try {
    patchSandbox(sandbox.id, await kCall[action](sandbox.id));
  } catch (thrown) {
    patchSandbox(sandbox.id, { status: sandbox.status });
    throw thrown;
  }
}

/** The same, with a toast for what fails. */
export async function tryChangeSandbox(sandbox: Pick<Sandbox, 'id' | 'status'>, action: Reversible): Promise<boolean> {
  try {
    await changeSandbox(sandbox, action);
    return true;
  } catch (thrown) {
    toastError(action === 'pause' ? 'Pausing failed' : 'Resuming failed', thrown);
    return false;
  }
}

/** Waits for the server: there is no way back. */
export async function removeSandbox(id: string): Promise<void> {
  await destroySandbox(id);
  patchSandbox(id, { status: 'stopped' });
  void queryClient.invalidateQueries({ queryKey: [session.team_id, 'sandboxes', 'list'] });
}
