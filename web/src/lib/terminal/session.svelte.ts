// SPDX-License-Identifier: Apache-2.0
import { ticketedSocket } from '$lib/live/ticketed_socket';
import { holdSocket } from '$lib/sandbox/sockets';
import {
  backoff,
  connectFrame,
  controlled,
  decodeFrame,
  encodeBinaryInput,
  encodeInput,
  resizeFrame,
  startFrame,
  type ServerFrame,
  type Size,
} from './frames';
import type { Screen } from './screen';

export type Status = 'connecting' | 'open' | 'reconnecting' | 'asleep' | 'ended' | 'failed';

const RESIZE_DELAY_MS = 120;
const dim = (text: string) => `\r\n\x1b[2m${text}\x1b[0m\r\n`;

/** One shell in a sandbox, and the screen that shows it. The shell outlives the socket and is found again by its tag. */
export class TerminalSession {
  status = $state<Status>('connecting');
  pid = $state<number>();
  title = $state('');
  error = $state<string>();
  /** The next key counts as pressed together with Ctrl. */
  isControl = $state(false);
  /** Moved into the page while the terminal is shown. */
  readonly host = document.createElement('div');
  onLeave: () => void = () => {};

  private socket: WebSocket | undefined;
  private release = () => {};
  private screen: Screen | undefined;
  private loading: Promise<void> | undefined;
  private hasStarted: boolean;
  private attempt = 0;
  private failures = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private resizeTimer: ReturnType<typeof setTimeout> | undefined;
  private isAwake = true;
  private isDisposed = false;

  constructor(
    readonly sandbox_id: string,
    readonly tag: string,
    readonly number: number,
    /** The shell is thought to run already. */
    returns: boolean,
    private readonly isScreenReader: () => boolean,
  ) {
    this.hasStarted = returns;
    this.host.className = 'h-full w-full';
  }

  /** Shows the terminal; connects it the first time. */
  async show(parent: HTMLElement): Promise<void> {
    parent.append(this.host);
    this.loading ??= this.load();
    await this.loading;
    this.fit();
  }

  private async load(): Promise<void> {
    const { makeScreen } = await import('./screen');
    const screen = await makeScreen(this.host, this.isScreenReader(), {
      onText: (text) => this.type(text),
      onBytes: (text) => this.send(encodeBinaryInput(text)),
      onResize: () => this.resizeSoon(),
      onTitle: (title) => (this.title = title),
      onLeave: () => this.onLeave(),
    });
    if (this.isDisposed) return screen.dispose();
    this.screen = screen;
    screen.fit.fit();
    if (this.isAwake) void this.connect();
    else this.status = 'asleep';
  }

  fit(): void {
    if (this.host.isConnected && this.host.clientWidth > 0) this.screen?.fit.fit();
  }

  focus(): void {
    this.screen?.term.focus();
  }

  useScreenReaderMode(on: boolean): void {
    if (this.screen) this.screen.term.options.screenReaderMode = on;
  }

  private get size(): Size {
    return { cols: this.screen?.term.cols ?? 80, rows: this.screen?.term.rows ?? 24 };
  }

  /** A paused sandbox has no sockets; its shells are found again when it runs. */
  setAwake(awake: boolean): void {
    if (this.isAwake === awake) return;
    this.isAwake = awake;
    if (this.status === 'ended' || this.status === 'failed') return;
    if (!awake) this.sleep();
    else if (this.screen) void this.connect();
  }

  private sleep(): void {
    this.drop();
    this.status = 'asleep';
  }

  async connect(): Promise<void> {
    this.drop();
    const attempt = ++this.attempt;
    this.status = this.failures || this.hasStarted ? 'reconnecting' : 'connecting';
    this.error = undefined;
    try {
      const socket = await ticketedSocket(`/v1/sandboxes/${this.sandbox_id}/pty`);
      if (attempt !== this.attempt) return socket.close();
      this.listen(socket, attempt);
    } catch {
      if (attempt === this.attempt) this.lose();
    }
  }

  private listen(socket: WebSocket, attempt: number): void {
    this.socket = socket;
    // Whoever pauses the sandbox closes this socket, and nothing shall open it again before it runs.
    this.release = holdSocket(this.sandbox_id, () => this.setAwake(false));
    socket.onopen = () => {
      socket.send(this.hasStarted ? connectFrame(this.tag) : startFrame(this.tag, this.size));
    };
    socket.onmessage = ({ data }) => {
      if (attempt === this.attempt) this.hear(decodeFrame(data as string | ArrayBuffer));
    };
    socket.onclose = () => {
      if (attempt === this.attempt) this.lose();
    };
  }

  private hear(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'output':
        this.screen?.term.write(frame.bytes);
        break;
      case 'started':
        this.welcome(frame.pid);
        break;
      case 'exit':
        this.end(`The shell has ended: ${frame.status || `exit status ${frame.exit_code}`}.`);
        break;
      case 'error':
        this.fail(frame.code, frame.message);
    }
  }

  private welcome(pid: number): void {
    const isReturn = this.hasStarted;
    this.pid = pid;
    this.hasStarted = true;
    this.failures = 0;
    this.status = 'open';
    if (!isReturn) return;
    this.screen?.term.write(dim('Connected again. What was printed meanwhile is not shown.'));
    // A size that differs for a moment makes whatever runs there draw itself anew.
    const { cols, rows } = this.size;
    this.socket?.send(resizeFrame({ cols, rows: Math.max(1, rows - 1) }));
    this.socket?.send(resizeFrame({ cols, rows }));
  }

  private fail(code: string, message: string): void {
    if (code === 'not_found' && this.hasStarted) return this.end('The shell is gone.');
    if (code === 'invalid_state') return this.sleep();
    if (code === 'unavailable' || code === 'host_unavailable' || code === 'agent_error') return;
    this.drop();
    this.status = 'failed';
    this.error = message;
  }

  private end(text: string): void {
    this.screen?.term.write(dim(text));
    this.drop();
    this.hasStarted = false;
    this.status = 'ended';
  }

  private lose(): void {
    this.drop();
    if (!this.isAwake) {
      this.status = 'asleep';
      return;
    }
    this.status = 'reconnecting';
    this.retryTimer = setTimeout(() => void this.connect(), backoff(this.failures++));
  }

  private drop(): void {
    this.attempt++;
    clearTimeout(this.retryTimer);
    this.release();
    this.release = () => {};
    const socket = this.socket;
    this.socket = undefined;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  /** Keys that a touch screen lacks. */
  press(sequence: string): void {
    this.type(sequence);
    this.focus();
  }

  private type(text: string): void {
    if (this.isControl && text.length === 1) {
      this.isControl = false;
      text = controlled(text);
    }
    if (this.status === 'ended') {
      if (text === '\r') this.startAgain();
      return;
    }
    this.send(encodeInput(text));
  }

  startAgain(): void {
    this.failures = 0;
    this.title = '';
    this.screen?.term.reset();
    void this.connect();
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.status === 'open' && this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  private resizeSoon(): void {
    clearTimeout(this.resizeTimer);
    this.resizeTimer = setTimeout(() => {
      if (this.status === 'open') this.socket?.send(resizeFrame(this.size));
    }, RESIZE_DELAY_MS);
  }

  /** Ends the shell too; without, it goes on and can be returned to. */
  close(): void {
    if (this.status === 'open') this.socket?.send(JSON.stringify({ type: 'kill' }));
    this.dispose();
  }

  dispose(): void {
    this.isDisposed = true;
    this.drop();
    clearTimeout(this.resizeTimer);
    this.screen?.dispose();
    this.screen = undefined;
    this.host.remove();
  }
}
