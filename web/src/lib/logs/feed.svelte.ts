// SPDX-License-Identifier: Apache-2.0
import { errorText } from '$lib/api/error';
import { ticketedSocket } from '$lib/live/ticketed_socket';
import { holdSocket } from '$lib/sandbox/sockets';
import { decodeFrame, type ServerFrame } from '$lib/terminal/frames';
import { LogLines } from './lines';

export type FeedStatus = 'connecting' | 'live' | 'ended' | 'lost';

/** Lines that grow, drawn at most once a frame however fast they come. */
export class LogFeed {
  readonly log = new LogLines();
  version = $state(0);
  private frame: number | undefined;

  add(piece: Uint8Array | string, source?: string): void {
    this.log.add(piece, source);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.version++;
    });
  }

  dispose(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
  }
}

/** What one process prints, from when it is attached to, or from its start when it is started here. */
export class ProcessFeed extends LogFeed {
  status = $state<FeedStatus>('connecting');
  pid = $state<number>();
  /** How it ended, or why nothing comes any more. */
  note = $state<string>();
  onstarted: () => void = () => {};
  onended: () => void = () => {};

  private socket: WebSocket | undefined;
  private release = () => {};
  private isDisposed = false;

  private constructor(private readonly sandbox_id: string) {
    super();
  }

  static attach(sandbox_id: string, pid: number): ProcessFeed {
    const feed = new ProcessFeed(sandbox_id);
    feed.pid = pid;
    void feed.open(`/v1/sandboxes/${sandbox_id}/processes/${pid}/stream`);
    return feed;
  }

  static run(sandbox_id: string, command: string): ProcessFeed {
    const feed = new ProcessFeed(sandbox_id);
    const start = { type: 'start', cmd: '/bin/bash', args: ['-l', '-c', command] };
    void feed.open(`/v1/sandboxes/${sandbox_id}/exec/stream`, JSON.stringify(start));
    return feed;
  }

  private async open(path: string, first?: string): Promise<void> {
    try {
      const socket = await ticketedSocket(path);
      if (this.isDisposed) return socket.close();
      this.socket = socket;
      this.release = holdSocket(this.sandbox_id, () => socket.close());
      socket.onopen = () => first && socket.send(first);
      socket.onmessage = ({ data }) => this.hear(decodeFrame(data as string | ArrayBuffer));
      socket.onclose = () => this.lose();
    } catch (thrown) {
      this.lose(errorText(thrown));
    }
  }

  private hear(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'output':
        this.add(frame.bytes, frame.channel);
        break;
      case 'started':
        this.pid = frame.pid;
        this.status = 'live';
        this.onstarted();
        break;
      case 'exit':
        this.status = 'ended';
        this.note = frame.status || `exit status ${frame.exit_code}`;
        this.onended();
        break;
      case 'error':
        this.status = 'lost';
        this.note = frame.code === 'not_found' ? 'It does not run any more.' : frame.message;
        this.onended();
    }
  }

  private lose(why = 'The connection is lost.'): void {
    this.release();
    if (this.isDisposed || this.status === 'ended' || this.status === 'lost') return;
    this.status = 'lost';
    this.note = why;
  }

  override dispose(): void {
    super.dispose();
    this.isDisposed = true;
    this.release();
    this.socket?.close();
  }
}
