// SPDX-License-Identifier: Apache-2.0
import { goto } from '$app/navigation';
import { page } from '$app/state';
import { session } from '$lib/session/session.svelte';
import { dismiss_all, toast, toast_error } from '$lib/ui/toast.svelte';
import { path_after_switch } from './pages';

export interface Recent {
  href: string;
  label: string;
}

const kMostRecent = 6;

/** What is open over the pages, and what the whole shell can do. */
class Shell {
  palette = $state<'closed' | 'all' | 'teams'>('closed');
  is_creating_team = $state(false);
  has_key_sheet = $state(false);
  has_phone_menu = $state(false);
  recent = $state<Recent[]>([]);

  constructor() {
    session.on_reset((reason) => {
      this.recent = [];
      this.close_all();
      if (reason === 'sign_out') dismiss_all();
    });
  }

  open_palette(what: 'all' | 'teams' = 'all'): void {
    this.has_phone_menu = false;
    this.palette = what;
  }

  visit(href: string, label: string): void {
    this.recent = [{ href, label }, ...this.recent.filter((each) => each.href !== href)].slice(0, kMostRecent);
  }

  async switch_team(id: string): Promise<void> {
    if (id === session.team_id) return;
    this.has_phone_menu = false;
    try {
      // What belongs to the old team is left first, so that nothing asks for it with the new token.
      const path = path_after_switch(page.url.pathname);
      if (path !== page.url.pathname || page.url.search) await goto(path);
      await session.switch_team(id);
    } catch (thrown) {
      toast_error('Switching teams failed', thrown);
    }
  }

  /** The team was deleted, or this user taken out of it, by somebody else. */
  async leave_lost_team(): Promise<void> {
    const next = await session.leave_current_team();
    if (next) toast('You are no longer in that team', { body: `You see ${next.name} now.` });
    else toast('You are in no team any more', { body: 'Create a team to go on.' });
  }

  async sign_out(): Promise<void> {
    try {
      await session.sign_out();
    } catch {
      // The browser has forgotten the session either way.
    }
    await goto('/login');
  }

  private close_all(): void {
    this.palette = 'closed';
    this.is_creating_team = false;
    this.has_key_sheet = false;
    this.has_phone_menu = false;
  }
}

export const shell = new Shell();
