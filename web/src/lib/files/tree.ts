// SPDX-License-Identifier: Apache-2.0
import { ancestorsOf, isWithin, parentOf } from './paths';

export interface TreeEntry {
  name: string;
  path: string;
  type: 'unknown' | 'file' | 'directory' | 'symlink';
  size: number;
  modified_at?: string;
  symlink_target?: string;
}

export type Folder<E extends TreeEntry = TreeEntry> =
  { state: 'loading' } | { state: 'ready'; entries: E[] } | { state: 'failed'; message: string };

export type Row<E extends TreeEntry = TreeEntry> =
  | { kind: 'entry'; entry: E; depth: number; expanded?: boolean; position: number; siblings: number }
  | { kind: 'loading'; path: string; depth: number }
  | { kind: 'empty'; path: string; depth: number }
  | { kind: 'failed'; path: string; depth: number; message: string };

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Folders first, then by name as people count. */
export function sortEntries<E extends TreeEntry>(entries: readonly E[]): E[] {
  const rank = (e: TreeEntry) => (e.type === 'directory' ? 0 : 1);
  return [...entries].sort((a, b) => rank(a) - rank(b) || byName.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
}

/** The tree as it is drawn: one row each for what is visible. */
export function rowsOf<E extends TreeEntry>(
  folders: ReadonlyMap<string, Folder<E>>,
  expanded: ReadonlySet<string>,
  root: string,
  depth = 0,
): Row<E>[] {
  const folder = folders.get(root);
  if (!folder || folder.state === 'loading') return [{ kind: 'loading', path: root, depth }];
  if (folder.state === 'failed') return [{ kind: 'failed', path: root, depth, message: folder.message }];
  if (!folder.entries.length) return [{ kind: 'empty', path: root, depth }];
  return folder.entries.flatMap((entry, i): Row<E>[] => {
    const isFolder = entry.type === 'directory';
    const open = isFolder && expanded.has(entry.path);
    const row: Row<E> = {
      kind: 'entry',
      entry,
      depth,
      position: i + 1,
      siblings: folder.entries.length,
      ...(isFolder ? { expanded: open } : {}),
    };
    return open ? [row, ...rowsOf(folders, expanded, entry.path, depth + 1)] : [row];
  });
}

/** Which folders must be open for a path to be seen below a root. */
export function foldersToOpen(path: string, root: string): string[] {
  return ancestorsOf(path).filter((folder) => isWithin(folder, root));
}

/** A folder's entries after one of them was made, changed or removed. */
export function withEntry<E extends TreeEntry>(entries: readonly E[], entry: E): E[] {
  return sortEntries([...entries.filter((e) => e.name !== entry.name), entry]);
}

export function withoutPath<E extends TreeEntry>(entries: readonly E[], path: string): E[] {
  return entries.filter((e) => e.path !== path);
}

export interface Change {
  name: string;
  event: 'unknown' | 'create' | 'write' | 'remove' | 'rename' | 'chmod';
}

/** Which loaded folders a change below `root` makes untrue. */
export function foldersTouched(change: Change, root: string, loaded: Iterable<string>): string[] {
  const path = root === '/' ? '/' + change.name : `${root}/${change.name}`;
  const parent = parentOf(path);
  return [...loaded].filter((folder) => folder === parent || (change.event !== 'write' && folder === path));
}

/** What the arrow keys and their kin choose next in the tree; the index of a row, or an action. */
export function keyMove(
  key: string,
  rows: readonly Row[],
  at: number,
): { to: number } | { toggle: string } | undefined {
  const entries = rows.map((row, i) => (row.kind === 'entry' ? i : -1)).filter((i) => i >= 0);
  const place = entries.indexOf(at);
  const row = rows[at];
  const step = (n: number) => {
    const to = entries[Math.min(entries.length - 1, Math.max(0, place + n))];
    return to === undefined ? undefined : { to };
  };
  switch (key) {
    case 'ArrowDown':
      return step(1);
    case 'ArrowUp':
      return step(-1);
    case 'Home':
      return step(-entries.length);
    case 'End':
      return step(entries.length);
    case 'ArrowRight':
      if (row?.kind !== 'entry' || row.expanded === undefined) return undefined;
      return row.expanded ? step(1) : { toggle: row.entry.path };
    case 'ArrowLeft': {
      if (row?.kind !== 'entry') return undefined;
      if (row.expanded) return { toggle: row.entry.path };
      const parent = parentOf(row.entry.path);
      const to = rows.findIndex((r) => r.kind === 'entry' && r.entry.path === parent);
      return to < 0 ? undefined : { to };
    }
    default:
      return undefined;
  }
}
