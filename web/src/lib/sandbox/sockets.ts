// SPDX-License-Identifier: Apache-2.0
// Sockets into a sandbox that this tab holds open. Before a pause they are all closed, so that none of them keeps the
// sandbox awake or wakes it again.

const held = new Map<string, Set<() => void>>();

/** Returns what to call once the socket is gone by itself. */
export function holdSocket(sandbox_id: string, close: () => void): () => void {
  const all = held.get(sandbox_id) ?? new Set();
  held.set(sandbox_id, all);
  all.add(close);
  return () => {
    all.delete(close);
    if (!all.size && held.get(sandbox_id) === all) held.delete(sandbox_id);
  };
}

export function closeSockets(sandbox_id: string): number {
  const all = [...(held.get(sandbox_id) ?? [])];
  held.delete(sandbox_id);
  for (const close of all) close();
  return all.length;
}
