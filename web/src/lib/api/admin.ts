// SPDX-License-Identifier: Apache-2.0
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/svelte-query';
import { api, ok, send, type Schema } from './client';

export type AdminTeam = Schema['AdminTeamView'];
export type AdminUser = Schema['UserView'];
export type Job = Schema['JobView'];
export type Overrides = Schema['Overrides'];
export type Template = Schema['TemplateView'];
export type AdminSandbox = Schema['SandboxView'] & { team_id: string; team_name: string; host_name?: string };

const PAGE = 50;
const FIRST = undefined as string | undefined;
const nextOf = (page: { next_cursor?: string }) => page.next_cursor;

export const adminTeamsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['platform', 'teams', 'list', search],
    queryFn: ({ pageParam, signal }) => {
      const query = { search: search || undefined, cursor: pageParam, limit: PAGE };
      return ok(api.GET('/v1/admin/teams', { params: { query }, signal }));
    },
    initialPageParam: FIRST,
    getNextPageParam: nextOf,
    placeholderData: keepPreviousData,
  });

export const adminUsersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['platform', 'users', 'list', search],
    queryFn: ({ pageParam, signal }) => {
      const query = { search: search || undefined, cursor: pageParam, limit: PAGE };
      return ok(api.GET('/v1/admin/users', { params: { query }, signal }));
    },
    initialPageParam: FIRST,
    getNextPageParam: nextOf,
    placeholderData: keepPreviousData,
  });

export interface SandboxFilters {
  status: string[];
  q: string;
  team: string;
  host: string;
}

interface SandboxPage {
  items: AdminSandbox[];
  next_cursor?: string;
}

export const adminSandboxesQuery = (filters: SandboxFilters) =>
  infiniteQueryOptions({
    queryKey: ['platform', 'sandboxes', 'list', filters],
    queryFn: async ({ pageParam, signal }): Promise<SandboxPage> => {
      const query = new URLSearchParams({ limit: String(PAGE) });
      const set = (name: string, value: string | undefined) => value && query.set(name, value);
      set('status', filters.status.join(','));
      set('q', filters.q);
      set('team', filters.team);
      set('host', filters.host);
      set('cursor', pageParam);
      return (await send(`/v1/admin/sandboxes?${query}`, { signal })).json();
    },
    initialPageParam: FIRST,
    getNextPageParam: nextOf,
    placeholderData: keepPreviousData,
  });

export const platformTemplatesQuery = () =>
  queryOptions({
    queryKey: ['platform', 'templates', 'list'],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/admin/templates', { params: { query: { limit: 100 } }, signal }))).items,
  });

export const deletePlatformTemplate = (name: string) =>
  ok(api.DELETE('/v1/admin/templates/{name}', { params: { path: { name } } }));

export const teamQuotasQuery = (id: string) =>
  queryOptions({
    queryKey: ['platform', 'quotas', id],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/admin/teams/{id}/quotas', { params: { path: { id } }, signal }))).quotas,
  });

export const setTeamQuotas = (id: string, body: Overrides) =>
  ok(api.PUT('/v1/admin/teams/{id}/quotas', { params: { path: { id } }, body }));

export const enableByoc = (id: string) =>
  ok(api.PUT('/v1/admin/teams/{id}/byoc', { params: { path: { id } }, body: { enabled: true } }));

export const deleteAnyTeam = (id: string) => ok(api.DELETE('/v1/admin/teams/{id}', { params: { path: { id } } }));

export const setActive = (id: string, active: boolean) =>
  ok(api.PUT('/v1/admin/users/{id}/active', { params: { path: { id } }, body: { active } }));

export const setAdmin = (id: string, admin: boolean) =>
  ok(api.PUT('/v1/admin/users/{id}/admin', { params: { path: { id } }, body: { admin } }));

export const jobsQuery = () =>
  queryOptions({
    queryKey: ['platform', 'jobs'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/admin/jobs', { signal }))).items,
    refetchInterval: 10_000,
  });
