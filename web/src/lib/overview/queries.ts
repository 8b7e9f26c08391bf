// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, ok } from '$lib/api/client';
import { session } from '$lib/session/session.svelte';

const has_team = () => session.team_id !== undefined;

/** How many ran in the last day. */
export function day_stats() {
  return queryOptions({
    queryKey: [session.team_id, 'stats', '24h'],
    queryFn: ({ signal }) => ok(api.GET('/v1/sandboxes/stats', { params: { query: { range: '24h' } }, signal })),
    enabled: has_team(),
    refetchInterval: 60_000,
  });
}

export function quotas() {
  return queryOptions({
    queryKey: [session.team_id, 'quotas'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/quotas', { signal }))).quotas,
    enabled: has_team(),
  });
}

export function last_audit_entries() {
  return queryOptions({
    queryKey: [session.team_id, 'audit', 'last'],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/audit-logs', { params: { query: { limit: 8 } }, signal }))).items,
    enabled: has_team(),
  });
}

/** The team's own hosts; there are none unless it brings some. */
export function own_hosts() {
  return queryOptions({
    queryKey: [session.team_id, 'hosts', 'own'],
    queryFn: async ({ signal }) => {
      const query = { team_id: session.team_id, limit: 200 };
      return (await ok(api.GET('/v1/hosts', { params: { query }, signal }))).items;
    },
    enabled: has_team() && session.is_byoc && session.can_manage,
  });
}

/** What the checklist of a new team has to know. */
export function first_steps() {
  return queryOptions({
    queryKey: [session.team_id, 'api_keys', 'first'],
    queryFn: async ({ signal }) => {
      const team_id = session.team_id ?? '';
      const [keys, members] = await Promise.all([
        ok(api.GET('/v1/api-keys', { signal })),
        ok(api.GET('/v1/teams/{id}/members', { params: { path: { id: team_id } }, signal })),
      ]);
      return { has_key: keys.items.length > 0, has_company: members.items.length > 1 };
    },
    enabled: has_team(),
  });
}
