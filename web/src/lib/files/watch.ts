// SPDX-License-Identifier: Apache-2.0
import { ticketedSocket } from '$lib/live/ticketed_socket';
import { holdSocket } from '$lib/sandbox/sockets';
import { backoff } from '$lib/terminal/frames';
import type { Change } from './tree';

// Watches over the open folders, one socket each: a watch over everything below would be dear in a home with packages
// in it. They end while nobody looks, because a sandbox that is watched counts as used.

const MOST = 8;
const HIDDEN_MS = 60_000;

interface Watch {
  stop: () => void;
}

export class FolderWatches {
  private readonly running = new Map<string, Watch>();
  private readonly live = new Set<string>();
  private wanted: string[] = [];
  private isHidden = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sandbox_id: string,
    private readonly onchange: (folder: string, change: Change) => void,
    private readonly onlive: (isLive: boolean) => void,
  ) {
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  /** The last opened folders are watched when there are too many. */
  watch(folders: readonly string[]): void {
    this.wanted = folders.slice(-MOST);
    if (!this.isHidden) this.settle();
  }

  private settle(): void {
    for (const [folder, watch] of this.running)
      if (!this.wanted.includes(folder)) {
        watch.stop();
        this.running.delete(folder);
      }
    for (const folder of this.wanted) if (!this.running.has(folder)) this.running.set(folder, this.start(folder));
  }

  private start(folder: string): Watch {
    let socket: WebSocket | undefined;
    let release = () => {};
    let retry: ReturnType<typeof setTimeout> | undefined;
    let isStopped = false;
    let failures = 0;

    const stop = () => {
      isStopped = true;
      clearTimeout(retry);
      release();
      socket?.close();
      this.setLive(folder, false);
    };
    const lose = () => {
      release();
      this.setLive(folder, false);
      if (!isStopped) retry = setTimeout(() => void open(), backoff(failures++));
    };
    const hear = (text: string) => {
      const frame = JSON.parse(text) as { type: string; code?: string } & Change;
      if (frame.type === 'event') this.onchange(folder, frame);
      if (frame.type === 'started') {
        failures = 0;
        this.setLive(folder, true);
      }
      // A folder that is gone, or a sandbox that sleeps, is not asked again.
      if (frame.type === 'error' && (frame.code === 'not_found' || frame.code === 'invalid_state')) stop();
    };
    const open = async () => {
      try {
        const path = `/v1/sandboxes/${this.sandbox_id}/files/watch`;
        const made = await ticketedSocket(path, { path: folder });
        if (isStopped) return made.close();
        socket = made;
        release = holdSocket(this.sandbox_id, stop);
        made.onmessage = ({ data }) => typeof data === 'string' && hear(data);
        made.onclose = lose;
      } catch {
        lose();
      }
    };
    void open();
    return { stop };
  }

  private setLive(folder: string, isLive: boolean): void {
    if (isLive) this.live.add(folder);
    else this.live.delete(folder);
    this.onlive(this.live.size > 0);
  }

  private stopAll(): void {
    for (const watch of this.running.values()) watch.stop();
    this.running.clear();
  }

  private readonly onVisibility = (): void => {
    clearTimeout(this.timer);
    if (document.hidden) {
      this.timer = setTimeout(() => {
        this.isHidden = true;
        this.stopAll();
      }, HIDDEN_MS);
      return;
    }
    const wasHidden = this.isHidden;
    this.isHidden = false;
    if (!wasHidden) return;
    this.settle();
    // What happened meanwhile was not heard.
    for (const folder of this.wanted) this.onchange(folder, { name: '', event: 'unknown' });
  };

  dispose(): void {
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.wanted = [];
    this.stopAll();
  }
}
