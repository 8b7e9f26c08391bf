// SPDX-License-Identifier: Apache-2.0
import { errorText } from '$lib/api/error';
import { uploadFile, type FileEntry } from '$lib/api/files';
import { join } from './paths';

export interface Picked {
  file: File;
  /** Below the folder that it goes to, with folders of its own when a folder was dropped. */
  relative: string;
}

export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly file: File;
  sent: number;
  readonly size: number;
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'canceled';
  error?: string;
}

const AT_ONCE = 2;
let lastId = 0;

/** Files on their way into a sandbox. */
export class Uploads {
  list = $state<Upload[]>([]);
  active = $derived(this.list.filter((u) => u.state === 'waiting' || u.state === 'sending').length);
  private readonly aborts = new Map<number, AbortController>();

  constructor(
    private readonly sandbox_id: string,
    private readonly ondone: (entry: FileEntry) => void,
  ) {}

  add(folder: string, picked: readonly Picked[]): void {
    for (const { file, relative } of picked) {
      this.list.push({
        id: ++lastId,
        name: relative,
        path: join(folder, relative),
        file,
        sent: 0,
        size: file.size,
        state: 'waiting',
      });
    }
    this.pump();
  }

  private pump(): void {
    const sending = this.list.filter((u) => u.state === 'sending').length;
    const next = this.list.filter((u) => u.state === 'waiting').slice(0, Math.max(0, AT_ONCE - sending));
    for (const upload of next) void this.send(upload);
  }

  private async send(upload: Upload): Promise<void> {
    upload.state = 'sending';
    const abort = new AbortController();
    this.aborts.set(upload.id, abort);
    try {
      const entry = await uploadFile(this.sandbox_id, upload.path, upload.file, {
        signal: abort.signal,
        onprogress: (sent) => (upload.sent = sent),
      });
      upload.sent = upload.size;
      upload.state = 'done';
      this.ondone(entry);
    } catch (thrown) {
      upload.state = abort.signal.aborted ? 'canceled' : 'failed';
      if (upload.state === 'failed') upload.error = errorText(thrown);
    } finally {
      this.aborts.delete(upload.id);
      this.pump();
    }
  }

  cancel(upload: Upload): void {
    if (upload.state === 'waiting') upload.state = 'canceled';
    else this.aborts.get(upload.id)?.abort();
  }

  again(upload: Upload): void {
    upload.state = 'waiting';
    upload.sent = 0;
    upload.error = undefined;
    this.pump();
  }

  clear(): void {
    this.list = this.list.filter((u) => u.state === 'waiting' || u.state === 'sending');
  }

  dispose(): void {
    for (const abort of this.aborts.values()) abort.abort();
  }
}

/** Everything that was dropped, folders with what is in them. */
export async function pickedFrom(transfer: DataTransfer): Promise<Picked[]> {
  // Entries must be taken before anything is waited for: the list is empty afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, relative: file.name }));
  return (await Promise.all(entries.map((entry) => pickedOf(entry, '')))).flat();
}

async function pickedOf(entry: FileSystemEntry, folder: string): Promise<Picked[]> {
  const relative = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    return [{ file, relative }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  // Browsers give a hundred entries at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const each of some) found.push(...(await pickedOf(each, `${relative}/`)));
  }
}
