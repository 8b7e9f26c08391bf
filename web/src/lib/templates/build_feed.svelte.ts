// SPDX-License-Identifier: Apache-2.0
import type { Builds } from '$lib/api/builds';
import { ApiError } from '$lib/api/error';
import { LogFeed } from '$lib/logs/feed.svelte';
import { backoff } from '$lib/terminal/frames';

/** A build's log, followed to its end; it goes on where it was when the connection breaks. */
export class BuildFeed extends LogFeed {
  isOver = $state(false);
  failure = $state<unknown>();

  private readonly decoder = new TextDecoder();
  private readonly ended = new AbortController();
  /** Characters that have come, as the database counts them. */
  private known = 0;

  constructor(
    private readonly builds: Builds,
    readonly build_id: string,
    private readonly onover: () => void,
  ) {
    super();
    void this.follow();
  }

  private hear(bytes: Uint8Array): void {
    const text = this.decoder.decode(bytes, { stream: true });
    for (const _ of text) this.known++;
    this.add(text, 'build');
  }

  private async follow(): Promise<void> {
    for (let failures = 0; !this.ended.signal.aborted;) {
      const before = this.known;
      try {
        await this.builds.followLog(this.build_id, this.known, (bytes) => this.hear(bytes), this.ended.signal);
        this.isOver = true;
        this.onover();
        return;
      } catch (thrown) {
        if (this.ended.signal.aborted) return;
        const isRefused = thrown instanceof ApiError && thrown.status >= 400 && thrown.status < 500;
        if (isRefused) {
          this.failure = thrown;
          return;
        }
        if (this.known > before) failures = 0;
        await new Promise((done) => setTimeout(done, backoff(failures++)));
      }
    }
  }

  override dispose(): void {
    super.dispose();
    this.ended.abort();
  }
}
