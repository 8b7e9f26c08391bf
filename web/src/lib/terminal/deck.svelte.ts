// SPDX-License-Identifier: Apache-2.0
import { session } from '$lib/session/session.svelte';
import { TerminalSession } from './session.svelte';

// The terminals of a sandbox that are open in this tab. They stay connected while another view of the same sandbox is
// shown, and a page that is loaded anew returns to their shells.

const SCREEN_READER = 'sandbar.terminal.screen_reader';
const TAG = 'dashboard-';

interface Kept {
  tag: string;
  number: number;
}

function readKept(key: string): Kept[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.filter((k): k is Kept => typeof k?.tag === 'string' && typeof k?.number === 'number');
  } catch {
    return [];
  }
}

const newTag = () =>
  TAG + Array.from(crypto.getRandomValues(new Uint8Array(6)), (b) => b.toString(16).padStart(2, '0')).join('');

export class TerminalDeck {
  terminals = $state.raw<TerminalSession[]>([]);
  active = $state.raw<TerminalSession>();
  screenReader = $state(localStorage.getItem(SCREEN_READER) === 'on');
  private isAwake = true;
  private wasOpened = false;
  private readonly key: string;

  constructor(readonly sandbox_id: string) {
    this.key = `sandbar.terminals.${session.me?.user_id ?? ''}.${sandbox_id}`;
    for (const kept of readKept(this.key)) this.add(kept, true);
    this.active = this.terminals[0];
  }

  private add(kept: Kept, returns: boolean): TerminalSession {
    const terminal = new TerminalSession(this.sandbox_id, kept.tag, kept.number, returns, () => this.screenReader);
    terminal.setAwake(this.isAwake);
    this.terminals = [...this.terminals, terminal];
    return terminal;
  }

  private keep(): void {
    const kept = this.terminals.map(({ tag, number }) => ({ tag, number }));
    sessionStorage.setItem(this.key, JSON.stringify(kept));
  }

  open(): TerminalSession {
    this.wasOpened = true;
    const number = Math.max(0, ...this.terminals.map((t) => t.number)) + 1;
    this.active = this.add({ tag: newTag(), number }, false);
    this.keep();
    return this.active;
  }

  /** A shell that another page, or this one earlier, has left running. */
  returnTo(tag: string): TerminalSession {
    this.wasOpened = true;
    const number = Math.max(0, ...this.terminals.map((t) => t.number)) + 1;
    this.active = this.add({ tag, number }, true);
    this.keep();
    return this.active;
  }

  /** Shells of dashboards that are not open here. */
  leftRunning(processes: readonly { pid: number; tag?: string }[]): { pid: number; tag: string }[] {
    const open = new Set(this.terminals.map((t) => t.tag));
    return processes.flatMap(({ pid, tag }) => (tag?.startsWith(TAG) && !open.has(tag) ? [{ pid, tag }] : []));
  }

  /** Whoever comes gets a terminal; whoever has closed all of them does not. */
  openFirst(): void {
    if (!this.wasOpened && !this.terminals.length) this.open();
  }

  select(terminal: TerminalSession): void {
    this.active = terminal;
  }

  close(terminal: TerminalSession): void {
    const at = this.terminals.indexOf(terminal);
    terminal.close();
    this.terminals = this.terminals.filter((t) => t !== terminal);
    if (this.active === terminal) this.active = this.terminals[Math.min(at, this.terminals.length - 1)];
    this.keep();
  }

  setAwake(awake: boolean): void {
    this.isAwake = awake;
    for (const terminal of this.terminals) terminal.setAwake(awake);
  }

  setScreenReader(on: boolean): void {
    this.screenReader = on;
    localStorage.setItem(SCREEN_READER, on ? 'on' : 'off');
    for (const terminal of this.terminals) terminal.useScreenReaderMode(on);
  }

  dispose(): void {
    for (const terminal of this.terminals) terminal.dispose();
    this.terminals = [];
    this.active = undefined;
  }
}
