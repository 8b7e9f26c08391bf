// SPDX-License-Identifier: Apache-2.0
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { errorText } from '$lib/api/error';
import { listFolder, statFile, type FileEntry } from '$lib/api/files';
import { FolderWatches } from './watch';
import { isWithin, moved, parentOf } from './paths';
import {
  foldersToOpen,
  foldersTouched,
  rowsOf,
  sortEntries,
  withEntry,
  withoutPath,
  type Change,
  type Folder,
} from './tree';

const REFRESH_DELAY_MS = 250;

/** The files of a sandbox as far as they are known: folders are listed when they are opened, and watched while they are. */
export class FileBrowser {
  root = $state('/');
  home = $state<string>();
  /** Why the home folder is not known. */
  failure = $state<unknown>();
  readonly folders = new SvelteMap<string, Folder<FileEntry>>();
  readonly expanded = new SvelteSet<string>();
  rows = $derived(rowsOf<FileEntry>(this.folders, this.expanded, this.root));
  isWatching = $state(false);
  /** Counts up when a file that is open may have changed. */
  changes = $state<{ path: string; count: number }>({ path: '', count: 0 });

  private readonly stale = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ended = new AbortController();
  private readonly watches: FolderWatches;

  constructor(readonly sandbox_id: string) {
    this.watches = new FolderWatches(
      sandbox_id,
      (folder, change) => this.hear(folder, change),
      (isWatching) => (this.isWatching = isWatching),
    );
  }

  /** Shows the home folder, or the way to a path that lies elsewhere. */
  async start(path: string | undefined): Promise<void> {
    this.failure = undefined;
    try {
      this.home ??= (await statFile(this.sandbox_id, '.', this.ended.signal)).path;
    } catch (thrown) {
      this.failure = thrown;
      return;
    }
    if (path && !isWithin(path, this.home)) this.root = '/';
    else if (this.folders.size === 0) this.root = this.home;
    await this.load(this.root);
    if (path) await this.reveal(path);
  }

  async showRoot(root: string): Promise<void> {
    this.root = root;
    if (!this.folders.has(root)) await this.load(root);
    this.watchOpen();
  }

  async reveal(path: string): Promise<void> {
    if (!isWithin(path, this.root)) await this.showRoot('/');
    for (const folder of foldersToOpen(path, this.root)) {
      if (folder !== this.root) this.expanded.add(folder);
      if (this.folders.get(folder)?.state !== 'ready') await this.load(folder);
      if (this.folders.get(folder)?.state !== 'ready') return;
    }
    this.watchOpen();
  }

  async load(folder: string): Promise<void> {
    if (!this.folders.has(folder)) this.folders.set(folder, { state: 'loading' });
    try {
      const entries = await listFolder(this.sandbox_id, folder, this.ended.signal);
      this.folders.set(folder, { state: 'ready', entries: sortEntries(entries) });
    } catch (thrown) {
      if (this.ended.signal.aborted) return;
      this.folders.set(folder, { state: 'failed', message: errorText(thrown) });
    }
    this.watchOpen();
  }

  toggle(path: string): void {
    if (this.expanded.delete(path)) {
      this.watchOpen();
      return;
    }
    this.expanded.add(path);
    void this.load(path);
  }

  /** All that is open is listed again. */
  async refresh(): Promise<void> {
    await Promise.all([this.root, ...this.expanded].map((folder) => this.load(folder)));
  }

  entryOf(path: string): FileEntry | undefined {
    const folder = this.folders.get(parentOf(path));
    return folder?.state === 'ready' ? folder.entries.find((entry) => entry.path === path) : undefined;
  }

  put(entry: FileEntry): void {
    this.editFolder(parentOf(entry.path), (entries) => withEntry(entries, entry));
  }

  drop(path: string): void {
    this.editFolder(parentOf(path), (entries) => withoutPath(entries, path));
    for (const known of [...this.folders.keys()]) if (isWithin(known, path)) this.folders.delete(known);
    for (const open of [...this.expanded]) if (isWithin(open, path)) this.expanded.delete(open);
    this.watchOpen();
  }

  rename(from: string, entry: FileEntry): void {
    const wereOpen = [...this.expanded].filter((open) => isWithin(open, from));
    this.drop(from);
    this.put(entry);
    for (const open of wereOpen) {
      const now = moved(open, from, entry.path);
      this.expanded.add(now);
      void this.load(now);
    }
  }

  private editFolder(path: string, edit: (entries: FileEntry[]) => FileEntry[]): void {
    const folder = this.folders.get(path);
    if (folder?.state === 'ready') this.folders.set(path, { state: 'ready', entries: edit(folder.entries) });
  }

  private watchOpen(): void {
    const open = [this.root, ...this.expanded].filter((folder) => this.folders.get(folder)?.state === 'ready');
    this.watches.watch(open);
  }

  private hear(folder: string, change: Change): void {
    const path = folder === '/' ? `/${change.name}` : `${folder}/${change.name}`;
    this.changes = { path, count: this.changes.count + 1 };
    for (const touched of foldersTouched(change, folder, this.folders.keys())) this.stale.add(touched);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const stale = [...this.stale].filter((each) => this.folders.has(each));
      this.stale.clear();
      for (const each of stale) if (each === this.root || this.expanded.has(each)) void this.load(each);
      for (const each of stale) if (each !== this.root && !this.expanded.has(each)) this.folders.delete(each);
    }, REFRESH_DELAY_MS);
  }

  dispose(): void {
    this.ended.abort();
    clearTimeout(this.timer);
    this.watches.dispose();
  }
}
