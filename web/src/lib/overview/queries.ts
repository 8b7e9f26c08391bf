// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, ok } from '$lib/api/client';
import { session } from '$lib/session/session.svelte';

const hasTeam = () => session.team_id !== undefined;

/** How many ran in the last day. */
export function dayStats() {
  return queryOptions({
    queryKey: [session.team_id, 'stats', '24h'],
    queryFn: ({ signal }) => ok(api.GET('/v1/sandboxes/stats', { params: { query: { range: '24h' } }, signal })),
    enabled: hasTeam(),
    refetchInterval: 60_000,
  });
}

export function quotas() {
  return queryOptions({
    queryKey: [session.team_id, 'quotas'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/quotas', { signal }))).quotas,
    enabled: hasTeam(),
  });
}

export function lastAuditEntries() {
  return queryOptions({
    queryKey: [session.team_id, 'audit', 'last'],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/audit-logs', { params: { query: { limit: 8 } }, signal }))).items,
    enabled: hasTeam(),
  });
}

/** The team's own hosts; there are none unless it brings some. */
export function ownHosts() {
  return queryOptions({
    queryKey: [session.team_id, 'hosts', 'own'],
    queryFn: async ({ signal }) => {
      const query = { team_id: session.team_id, limit: 200 };
      return (await ok(api.GET('/v1/hosts', { params: { query }, signal }))).items;
    },
    enabled: hasTeam() && session.is_byoc && session.canManage,
  });
}

/** What the checklist of a new team has to know. */
export function firstSteps() {
  return queryOptions({
    queryKey: [session.team_id, 'api_keys', 'first'],
    queryFn: async ({ signal }) => {
      const team_id = session.team_id ?? '';
      const [keys, members] = await Promise.all([
        ok(api.GET('/v1/api-keys', { signal })),
        ok(api.GET('/v1/teams/{id}/members', { params: { path: { id: team_id } }, signal })),
      ]);
      return { hasKey: keys.items.length > 0, hasCompany: members.items.length > 1 };
    },
    enabled: hasTeam(),
  });
}
