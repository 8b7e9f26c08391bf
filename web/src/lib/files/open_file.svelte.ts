// SPDX-License-Identifier: Apache-2.0
import { ApiError } from '$lib/api/error';
import { readBlob, readFile, statFile, writeFile, type FileEntry } from '$lib/api/files';
import { bytesOf, imageType, planFor, textOf, type Text } from './kind';

export type Content =
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'text'; text: string }
  | { kind: 'image'; url: string }
  | { kind: 'binary' }
  | { kind: 'too_big' };

/** Thrown by save(): somebody else has written to the file since it was read. */
export class Conflict extends Error {}

/** A file that is looked at, and what is known of its state in the sandbox. */
export class OpenFile {
  content = $state.raw<Content>({ kind: 'loading' });
  entry = $state.raw<FileEntry>();
  /** The file is not what was read any more. */
  isOutdated = $state(false);
  isGone = $state(false);

  private shape: Omit<Text, 'text'> = { crlf: false, bom: false };
  private readonly ended = new AbortController();

  constructor(
    readonly sandbox_id: string,
    readonly path: string,
  ) {}

  async load(): Promise<void> {
    try {
      const entry = await statFile(this.sandbox_id, this.path, this.ended.signal);
      this.entry = entry;
      this.isOutdated = this.isGone = false;
      const plan = planFor(entry);
      this.show(plan === 'too_big' ? { kind: 'too_big' } : await this.read(plan, entry));
    } catch (error) {
      if (!this.ended.signal.aborted) this.show({ kind: 'failed', error });
    }
  }

  private async read(plan: 'image' | 'read', entry: FileEntry): Promise<Content> {
    if (plan === 'image') {
      const blob = await readBlob(this.sandbox_id, this.path, imageType(entry.name)!, this.ended.signal);
      return { kind: 'image', url: URL.createObjectURL(blob) };
    }
    const text = textOf(await readFile(this.sandbox_id, this.path, this.ended.signal));
    if (!text) return { kind: 'binary' };
    this.shape = text;
    return { kind: 'text', text: text.crlf ? text.text.replaceAll('\r\n', '\n') : text.text };
  }

  private show(content: Content): void {
    if (this.content.kind === 'image') URL.revokeObjectURL(this.content.url);
    if (this.ended.signal.aborted && content.kind === 'image') URL.revokeObjectURL(content.url);
    else this.content = content;
  }

  private async current(): Promise<FileEntry | undefined> {
    try {
      return await statFile(this.sandbox_id, this.path, this.ended.signal);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === 404) return undefined;
      throw thrown;
    }
  }

  private differs(now: FileEntry): boolean {
    return now.modified_at !== this.entry?.modified_at || now.size !== this.entry?.size;
  }

  /** Whether the file has changed in the sandbox since it was read. */
  async look(): Promise<void> {
    const now = await this.current();
    this.isGone = !now;
    this.isOutdated = !now || this.differs(now);
  }

  async save(text: string, overwrite: boolean): Promise<void> {
    if (!overwrite) {
      const now = await this.current();
      if (!now || this.differs(now)) {
        this.isOutdated = true;
        this.isGone = !now;
        throw new Conflict();
      }
    }
    this.entry = await writeFile(this.sandbox_id, this.path, bytesOf({ ...this.shape, text }));
    this.isOutdated = this.isGone = false;
  }

  dispose(): void {
    this.ended.abort();
    if (this.content.kind === 'image') URL.revokeObjectURL(this.content.url);
  }
}
