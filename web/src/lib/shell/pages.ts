// SPDX-License-Identifier: Apache-2.0
import Activity from '@lucide/svelte/icons/activity';
import Box from '@lucide/svelte/icons/box';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import KeyRound from '@lucide/svelte/icons/key-round';
import Layers from '@lucide/svelte/icons/layers';
import LayoutDashboard from '@lucide/svelte/icons/layout-dashboard';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Server from '@lucide/svelte/icons/server';
import Timer from '@lucide/svelte/icons/timer';
import User from '@lucide/svelte/icons/user';
import Users from '@lucide/svelte/icons/users';
import Webhook from '@lucide/svelte/icons/webhook';
import type { IconComponent } from '$lib/ui/icons';

export interface Page {
  label: string;
  href: string;
  icon: IconComponent;
  /** `g` and then this goes there. */
  key?: string;
  /** Shown only for teams that bring hosts of their own; members see it and may not go there. */
  byoc?: boolean;
}

export const WORK_PAGES: Page[] = [
  { label: 'Overview', href: '/dashboard', icon: LayoutDashboard, key: 'o' },
  { label: 'Sandboxes', href: '/dashboard/sandboxes', icon: Box, key: 's' },
  { label: 'Templates', href: '/dashboard/templates', icon: Layers, key: 't' },
  { label: 'Metrics', href: '/dashboard/metrics', icon: Activity },
  { label: 'Usage', href: '/dashboard/usage', icon: ChartColumn },
];

export const TEAM_PAGES: Page[] = [
  { label: 'API keys', href: '/dashboard/keys', icon: KeyRound, key: 'k' },
  { label: 'Members', href: '/dashboard/team', icon: Users, key: 'm' },
  { label: 'BYOC hosts', href: '/dashboard/byoc', icon: Server, key: 'b', byoc: true },
  { label: 'Webhooks', href: '/dashboard/channels', icon: Webhook },
  { label: 'Audit log', href: '/dashboard/audit', icon: ScrollText, key: 'a' },
];

export const ACCOUNT_PAGE: Page = { label: 'Account settings', href: '/dashboard/settings', icon: User };

export const ADMIN_PAGES: Page[] = [
  { label: 'Hosts', href: '/admin/hosts', icon: Server },
  { label: 'Sandboxes', href: '/admin/sandboxes', icon: Box },
  { label: 'Templates', href: '/admin/templates', icon: Layers },
  { label: 'Teams', href: '/admin/teams', icon: Users },
  { label: 'Users', href: '/admin/users', icon: User },
  { label: 'Jobs', href: '/admin/jobs', icon: Timer },
  { label: 'Audit log', href: '/admin/audit', icon: ScrollText },
];

/** A page is current below its address too; the overview only at its own. */
export function is_current(page: Page, path: string): boolean {
  if (path === page.href) return true;
  return page.href !== '/dashboard' && path.startsWith(`${page.href}/`);
}

/** What may be shown and visited without a team. */
const kWithoutTeam = ['/dashboard', '/dashboard/sandboxes', '/dashboard/team', '/dashboard/settings'];

export function worksWithoutTeam(path: string): boolean {
  return path.startsWith('/admin') || kWithoutTeam.includes(path.replace(/\/$/, ''));
}

/** The page to be at after the team has changed: what belongs to the old team is left. */
export function pathAfterSwitch(path: string): string {
  const parts = path.split('/').filter(Boolean);
  if (parts[0] !== 'dashboard') return '/dashboard';
  return `/${parts.slice(0, 2).join('/')}`;
}
