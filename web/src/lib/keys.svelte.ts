// SPDX-License-Identifier: Apache-2.0
import { untrack } from 'svelte';
import { preferences } from './preferences.svelte';

const kEditing = 'input, textarea, select, [contenteditable=""], [contenteditable="true"], .cm-editor, .xterm';
const kFloating = '[role="dialog"], [role="menu"], [role="listbox"]';

/** A single key that means a command: none is held with it, and nobody is typing. They can be switched off. */
export function isPlainKey(event: KeyboardEvent): boolean {
  if (!preferences.hasSingleKeys || event.defaultPrevented || event.isComposing) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof Element ? event.target : undefined;
  if (target?.closest('input[type="checkbox"], input[type="radio"]')) return !target.closest(kFloating);
  return !target?.closest(`${kEditing}, ${kFloating}`);
}

/** What the page at hand can do, for the palette; `c` creates. */
export interface Command {
  id: string;
  label: string;
  run: () => void;
  /** A single key. */
  key?: string;
}

let groups = $state.raw<Command[][]>([]);

/** Call it in a component: `useCommands(() => [...])`. They are there as long as the component is. */
export function useCommands(commands: () => Command[]): void {
  $effect(() => {
    const mine = commands();
    untrack(() => (groups = [...groups, mine]));
    return () => (groups = groups.filter((each) => each !== mine));
  });
}

export function pageCommands(): Command[] {
  return groups.flat();
}
