// SPDX-License-Identifier: Apache-2.0
import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import { queryOf, type AuditFilters } from '$lib/audit/filters';
import { api, ok, send, type Schema } from './client';

export type AuditEntry = Schema['AuditLogView'];
export type AuditPage = Schema['AuditLogPage'];

interface Cursor {
  before?: string;
  before_id?: string;
}

const PAGE = 50;
const FIRST: Cursor = {};

function nextOf(page: AuditPage): Cursor | undefined {
  if (!page.next_before) return undefined;
  return { before: page.next_before, before_id: page.next_before_id };
}

export const auditQuery = (team: string, filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: [team, 'audit', 'list', filters],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...queryOf(filters), ...pageParam, limit: PAGE };
      return ok(api.GET('/v1/audit-logs', { params: { query }, signal }));
    },
    initialPageParam: FIRST,
    getNextPageParam: nextOf,
  });

/** Entries of all teams, or of one. */
export const allAuditQuery = (filters: AuditFilters, team_id: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['platform', 'audit', 'list', filters, team_id],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...queryOf(filters), ...pageParam, team_id, limit: PAGE };
      return ok(api.GET('/v1/admin/audit-logs', { params: { query }, signal }));
    },
    initialPageParam: FIRST,
    getNextPageParam: nextOf,
  });

/** One chain is verified part by part until its end, or until the first part that is broken. */
export const verifyQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'audit_chain'],
    queryFn: async ({ signal }) => {
      let checked = 0;
      let after_seq: number | undefined;
      for (;;) {
        const part = await ok(api.GET('/v1/audit-logs/verify', { params: { query: { after_seq } }, signal }));
        checked += part.checked;
        if (!part.ok || part.next_after_seq === undefined) return { ...part, checked };
        after_seq = part.next_after_seq;
      }
    },
    staleTime: 60_000,
  });

export const verifyAllQuery = () =>
  queryOptions({
    queryKey: ['platform', 'audit_chain'],
    queryFn: async ({ signal }) => {
      const all: Schema['AllVerificationView'] = { ok: true, teams: 0, checked: 0, unsealed: 0, broken: [] };
      let from_team_id: string | undefined;
      do {
        const query = { from_team_id };
        const part = await ok(api.GET('/v1/admin/audit-logs/verify', { params: { query }, signal }));
        all.ok &&= part.ok;
        all.teams += part.teams;
        all.checked += part.checked;
        all.unsealed += part.unsealed;
        all.broken.push(...part.broken);
        from_team_id = part.next_team_id;
      } while (from_team_id);
      return all;
    },
    staleTime: 60_000,
  });

export type ExportFormat = 'csv' | 'jsonl';

/** What the filters leave, as a file. */
export async function exportAudit(filters: AuditFilters, format: ExportFormat): Promise<Blob> {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(queryOf(filters)))
    if (value !== undefined) query.set(name, Array.isArray(value) ? value.join(',') : value);
  return (await send(`/v1/audit-logs/export?${query}`)).blob();
}
