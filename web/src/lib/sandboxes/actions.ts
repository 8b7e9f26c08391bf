// SPDX-License-Identifier: Apache-2.0
import { query_client } from '$lib/api/query';
import { destroy_sandbox, pause_sandbox, resume_sandbox, type Sandbox, type SandboxStatus } from '$lib/api/sandboxes';
import { change_row } from '$lib/live/patch';
import { session } from '$lib/session/session.svelte';
import { toast_error } from '$lib/ui/toast.svelte';

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
export function patch_sandbox(id: string, patch: Partial<Sandbox>): void {
  const queries = query_client.getQueryCache().findAll({ queryKey: [session.team_id, 'sandboxes'] });
  for (const query of queries) {
    const changed = change_row(query.state.data, id, (row) => ({ ...row, ...patch }));
    if (changed.found) query_client.setQueryData(query.queryKey, changed.data);
  }
}

type Reversible = 'pause' | 'resume';
const kOnTheWay: Record<Reversible, SandboxStatus> = { pause: 'pausing', resume: 'resuming' };
const kCall = { pause: pause_sandbox, resume: resume_sandbox };

/** Shown at once, and taken back if the server refuses. Throws what the server says. */
export async function change_sandbox(sandbox: Pick<Sandbox, 'id' | 'status'>, action: Reversible): Promise<void> {
  patch_sandbox(sandbox.id, { status: kOnTheWay[action] });
  try {
    patch_sandbox(sandbox.id, await kCall[action](sandbox.id));
  } catch (thrown) {
    patch_sandbox(sandbox.id, { status: sandbox.status });
    throw thrown;
  }
}

/** The same, with a toast for what fails. */
export async function try_change_sandbox(
  sandbox: Pick<Sandbox, 'id' | 'status'>,
  action: Reversible,
): Promise<boolean> {
  try {
    await change_sandbox(sandbox, action);
    return true;
  } catch (thrown) {
    toast_error(action === 'pause' ? 'Pausing failed' : 'Resuming failed', thrown);
    return false;
  }
}

/** Waits for the server: there is no way back. */
export async function remove_sandbox(id: string): Promise<void> {
  await destroy_sandbox(id);
  patch_sandbox(id, { status: 'stopped' });
  void query_client.invalidateQueries({ queryKey: [session.team_id, 'sandboxes', 'list'] });
}
