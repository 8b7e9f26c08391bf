// SPDX-License-Identifier: Apache-2.0
import { queryClient } from '$lib/api/query';
import { keys, restartTimer } from '$lib/api/sandbox_detail';
import { sandboxView, setSandboxTimeout, type Sandbox } from '$lib/api/sandboxes';
import { patchSandbox, tryChangeSandbox } from '$lib/sandboxes/actions';
import { toast, toastError } from '$lib/ui/toast.svelte';
import { closeSockets } from './sockets';

export function refreshSandbox(id: string): Promise<unknown> {
  return Promise.all([
    queryClient.invalidateQueries({ queryKey: sandboxView(id).queryKey }),
    queryClient.invalidateQueries({ queryKey: keys.story(id) }),
  ]);
}

async function change(sandbox: Sandbox, action: 'pause' | 'resume'): Promise<void> {
  // An answer that is on its way would show the old state again.
  await queryClient.cancelQueries({ queryKey: sandboxView(sandbox.id).queryKey });
  await tryChangeSandbox(sandbox, action);
  void refreshSandbox(sandbox.id);
}

/** The tab's sockets go first, so that none of them keeps the sandbox awake. */
export function pause(sandbox: Sandbox): Promise<void> {
  closeSockets(sandbox.id);
  return change(sandbox, 'pause');
}

export const resume = (sandbox: Sandbox) => change(sandbox, 'resume');

export async function changeTimeout(id: string, timeout_sec: number): Promise<void> {
  try {
    patchSandbox(id, await setSandboxTimeout(id, timeout_sec));
    toast(timeout_sec ? 'Timeout changed' : 'It has no timeout any more', { tone: 'good' });
  } catch (thrown) {
    toastError('The timeout could not be changed', thrown);
  }
  void refreshSandbox(id);
}

export async function extend(id: string): Promise<void> {
  try {
    await restartTimer(id);
    toast('The idle timer starts anew', { tone: 'good' });
  } catch (thrown) {
    toastError('The idle timer could not be restarted', thrown);
  }
  void refreshSandbox(id);
}
