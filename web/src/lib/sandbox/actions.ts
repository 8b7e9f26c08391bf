import { query_client } from '$lib/api/query';
import { keys, pauseSandbox, restartTimer, resumeSandbox, setTimeoutOf, type Sandbox } from '$lib/api/sandbox_detail';
import { change_row } from '$lib/live/patch';
import { toast, toast_error } from '$lib/ui/toast.svelte';
import { closeSockets } from './sockets';

type Patch = Partial<Sandbox>;

/** Changes a sandbox wherever it is shown: its own page and all lists. */
export function patchSandbox(id: string, patch: Patch): void {
  const all = query_client.getQueryCache().findAll({ predicate: (query) => query.queryKey[1] === 'sandboxes' });
  for (const query of all) {
    const patched = change_row(query.state.data, id, (row) => ({ ...row, ...patch }));
    if (patched.found) query_client.setQueryData(query.queryKey, patched.data);
  }
}

export function refreshSandbox(id: string): Promise<unknown> {
  return Promise.all([
    query_client.invalidateQueries({ queryKey: keys.sandbox(id) }),
    query_client.invalidateQueries({ queryKey: keys.story(id) }),
  ]);
}

/** Shows at once what is to come, and takes it back when it does not. */
async function optimistically(
  sandbox: Sandbox,
  meanwhile: Sandbox['status'],
  act: () => Promise<Sandbox>,
  failure: string,
): Promise<void> {
  await query_client.cancelQueries({ queryKey: keys.sandbox(sandbox.id) });
  patchSandbox(sandbox.id, { status: meanwhile });
  try {
    patchSandbox(sandbox.id, await act());
  } catch (thrown) {
    patchSandbox(sandbox.id, { status: sandbox.status });
    toast_error(failure, thrown);
  } finally {
    void refreshSandbox(sandbox.id);
  }
}

export function pause(sandbox: Sandbox): Promise<void> {
  closeSockets(sandbox.id);
  return optimistically(sandbox, 'pausing', () => pauseSandbox(sandbox.id), 'It could not be paused');
}

export function resume(sandbox: Sandbox): Promise<void> {
  return optimistically(sandbox, 'resuming', () => resumeSandbox(sandbox.id), 'It could not be resumed');
}

export async function changeTimeout(id: string, timeout_sec: number): Promise<void> {
  try {
    patchSandbox(id, await setTimeoutOf(id, timeout_sec));
    toast(timeout_sec ? 'Timeout changed' : 'It has no timeout any more', { tone: 'good' });
  } catch (thrown) {
    toast_error('The timeout could not be changed', thrown);
  }
  void refreshSandbox(id);
}

export async function extend(id: string): Promise<void> {
  try {
    await restartTimer(id);
    toast('The idle timer starts anew', { tone: 'good' });
  } catch (thrown) {
    toast_error('The idle timer could not be restarted', thrown);
  }
  void refreshSandbox(id);
}
