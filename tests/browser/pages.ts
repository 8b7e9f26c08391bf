// SPDX-License-Identifier: Apache-2.0
// Every page of the dashboard, and a team that has something to show on each.
import type { Client, Json } from '../api/client';
import type { Platform } from '../api/platform';

export interface Seeded {
  /** Signed in to the team. */
  owner: Client;
  sandbox: Json;
  template: string;
  byocHost: string;
}

/** What people see before they sign in. */
export const openPages = ['/login', '/signup', '/forgot-password', '/reset-password#token=x', '/activate#token=x'];

export function pagesOf({ sandbox, template, byocHost }: Seeded): string[] {
  const views = ['overview', 'terminal', 'files', 'metrics', 'logs', 'events'];
  return [
    '/dashboard', '/dashboard/sandboxes', ...views.map((view) => `/dashboard/sandboxes/${sandbox.id}/${view}`),
    '/dashboard/templates', `/dashboard/templates/${template}`, '/dashboard/metrics', '/dashboard/usage', '/dashboard/keys', '/dashboard/team',
    '/dashboard/byoc', `/dashboard/byoc/${byocHost}`, '/dashboard/channels', '/dashboard/audit', '/dashboard/settings', '/dashboard/no-such-page',
  ];
}

export const adminPages = ['hosts', 'hosts?tab=byoc', 'sandboxes', 'templates', 'teams', 'users', 'audit', 'jobs'].map((page) => `/admin/${page}`);

/** Sandboxes in several states, a snapshot, keys, members, a webhook, a host of its own, and so a log of all that. */
export async function seed(platform: Platform): Promise<Seeded> {
  const owner = await platform.newUser('Ada Lovelace');
  const admin = await platform.signInAdmin();
  const grace = await platform.newUser('Grace Hopper');
  const team = owner.account.team_id;
  const sandbox = await owner.sandbox({ metadata: { purpose: 'notebook', owner: 'ada' } });
  const paused = await owner.sandbox({ metadata: { purpose: 'nightly' } });
  await owner.post(`/v1/sandboxes/${paused.id}/pause`, undefined, 200);
  const stopped = await owner.sandbox();
  await owner.delete(`/v1/sandboxes/${stopped.id}`, 204);
  const template = (await owner.post('/v1/snapshots', { sandbox_id: sandbox.id, name: 'warm-notebook' }, 201)).body.name;
  await owner.put(`/v1/sandboxes/${sandbox.id}/files?path=/tmp/hello.py`, 'print("hello")\n');
  await owner.post('/v1/api-keys', { name: 'ci' }, 201);
  await owner.post(`/v1/teams/${team}/members`, { email: grace.account.email }, 201);
  await owner.post('/v1/webhooks', { url: 'https://hooks.example.org/sandbar', events: ['sandbox.create'], description: 'Pager' }, 201);
  await admin.putJson(`/v1/admin/teams/${team}/byoc`, { enabled: true });
  const byocHost = (await owner.post('/v1/hosts', { type: 'byoc', team_id: team }, 201)).body.host.id;
  return { owner, sandbox, template, byocHost };
}
