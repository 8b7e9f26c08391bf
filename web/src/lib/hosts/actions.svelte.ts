// SPDX-License-Identifier: Apache-2.0
import { addTag, drainHost, removeTag, undrainHost, type Host } from '$lib/api/hosts';
import { queryClient } from '$lib/api/query';
import { toast, toastError } from '$lib/ui/toast.svelte';

/** Rows of this host in every list and page that has it. */
function patchHost(id: string, change: (host: Host) => Host): void {
  const isOfHosts = { predicate: (query: { queryKey: readonly unknown[] }) => query.queryKey[1] === 'hosts' };
  queryClient.setQueriesData<Host[] | Host | { host: Host }>(isOfHosts, (data) => {
    if (Array.isArray(data)) return data.map((host) => (host.id === id ? change(host) : host));
    return data && 'id' in data && data.id === id ? change(data) : data;
  });
}

export function forgetHost(id: string): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[1] === 'hosts' && queryKey[2] === id });
  queryClient.setQueriesData<Host[] | object>(
    { predicate: ({ queryKey }) => queryKey[1] === 'hosts' && queryKey[2] === 'list' },
    (data) => (Array.isArray(data) ? data.filter((host: Host) => host.id !== id) : data),
  );
}

export function refreshHosts(): Promise<void> {
  return queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === 'hosts' });
}

/** Shown at once, and taken back if the server refuses. */
export async function setDraining(host: Host, isDraining: boolean): Promise<void> {
  patchHost(host.id, (each) => ({ ...each, status: isDraining ? 'draining' : 'online' }));
  try {
    const after = await (isDraining ? drainHost(host.id) : undrainHost(host.id));
    patchHost(host.id, () => after);
    toast(isDraining ? 'The host takes no new sandboxes' : 'The host takes new sandboxes again', { tone: 'good' });
  } catch (thrown) {
    patchHost(host.id, () => host);
    toastError(isDraining ? 'Draining failed' : 'The host still drains', thrown);
  }
}

export async function tagHost(host: Host, tag: string): Promise<void> {
  await addTag(host.id, tag);
  patchHost(host.id, (each) => ({ ...each, tags: [...each.tags, tag].sort() }));
}

export async function untagHost(host: Host, tag: string): Promise<void> {
  patchHost(host.id, (each) => ({ ...each, tags: each.tags.filter((other) => other !== tag) }));
  try {
    await removeTag(host.id, tag);
  } catch (thrown) {
    patchHost(host.id, () => host);
    toastError('The tag could not be removed', thrown);
  }
}
