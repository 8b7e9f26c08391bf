// SPDX-License-Identifier: Apache-2.0
import { untrack } from 'svelte';
import { preferences } from './preferences.svelte';

const kEditing = 'input, textarea, select, [contenteditable=""], [contenteditable="true"], .cm-editor, .xterm';
const kFloating = '[role="dialog"], [role="menu"], [role="listbox"]';

/** A single key that means a command: none is held with it, and nobody is typing. They can be switched off. */
export function is_plain_key(event: KeyboardEvent): boolean {
  if (!preferences.has_single_keys || event.defaultPrevented || event.isComposing) return false;
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

/** Call it in a component: `use_commands(() => [...])`. They are there as long as the component is. */
export function use_commands(commands: () => Command[]): void {
  $effect(() => {
    const mine = commands();
    untrack(() => (groups = [...groups, mine]));
    return () => (groups = groups.filter((each) => each !== mine));
  });
}

export function page_commands(): Command[] {
  return groups.flat();
}
