// SPDX-License-Identifier: Apache-2.0
import { goto } from '$app/navigation';
import { page } from '$app/state';
import { session } from '$lib/session/session.svelte';
import { dismissAll, toast, toastError } from '$lib/ui/toast.svelte';
import { pathAfterSwitch } from './pages';

export interface Recent {
  href: string;
  label: string;
}

const kMostRecent = 6;

/** What is open over the pages, and what the whole shell can do. */
class Shell {
  palette = $state<'closed' | 'all' | 'teams'>('closed');
  isCreatingTeam = $state(false);
  hasKeySheet = $state(false);
  hasPhoneMenu = $state(false);
  recent = $state<Recent[]>([]);
  private isLeaving = false;

  constructor() {
    session.onReset((reason) => {
      this.recent = [];
      this.closeAll();
      if (reason === 'sign_out') dismissAll();
    });
  }

  openPalette(what: 'all' | 'teams' = 'all'): void {
    this.hasPhoneMenu = false;
    this.palette = what;
  }

  visit(href: string, label: string): void {
    this.recent = [{ href, label }, ...this.recent.filter((each) => each.href !== href)].slice(0, kMostRecent);
  }

  async switchTeam(id: string): Promise<void> {
    if (id === session.team_id) return;
    this.hasPhoneMenu = false;
    try {
      // What belongs to the old team is left first, so that nothing asks for it with the new token.
      const path = pathAfterSwitch(page.url.pathname);
      if (path !== page.url.pathname || page.url.search) await goto(path);
      await session.switchTeam(id);
    } catch (thrown) {
      toastError('Switching teams failed', thrown);
    }
  }

  /** The team was deleted, or this user taken out of it, by somebody else: left once, however many lists say so. */
  async leaveLostTeam(): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    try {
      const next = await session.leaveCurrentTeam();
      if (next) toast('You are no longer in that team', { body: `You see ${next.name} now.` });
      else toast('You are in no team any more', { body: 'Create a team to go on.' });
    } catch (thrown) {
      toastError('Switching teams failed', thrown);
    } finally {
      this.isLeaving = false;
    }
  }

  async signOut(): Promise<void> {
    try {
      await session.signOut();
    } catch {
      // The browser has forgotten the session either way.
    }
    await goto('/login');
  }

  private closeAll(): void {
    this.palette = 'closed';
    this.isCreatingTeam = false;
    this.hasKeySheet = false;
    this.hasPhoneMenu = false;
  }
}

export const shell = new Shell();
