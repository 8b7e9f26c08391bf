// SPDX-License-Identifier: Apache-2.0
import { createContext } from 'svelte';
import type { Sandbox } from '$lib/api/sandbox_detail';
import type { TerminalDeck } from '$lib/terminal/deck.svelte';

/** What the views of one sandbox share. */
export interface SandboxContext {
  readonly id: string;
  /** Undefined until it is known. */
  readonly sandbox: Sandbox | undefined;
  readonly isRunning: boolean;
  readonly deck: TerminalDeck;
}

export const [getSandboxContext, setSandboxContext] = createContext<SandboxContext>();
