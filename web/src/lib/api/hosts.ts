// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, idempotencyKey, ok, type Schema } from './client';
import { ApiError } from './error';

export type Host = Schema['HostView'];
export type HostType = Host['type'];

const PAGE = 100;
/** Heartbeats are no events: what they tell is asked for. */
const HEARTBEAT_MS = 15_000;

interface Listing {
  team_id?: string;
  type?: HostType;
}

/** All hosts: there are hundreds at most, and the pills above them count all. */
async function listHosts(listing: Listing, signal: AbortSignal): Promise<Host[]> {
  const hosts: Host[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...listing, cursor, limit: PAGE };
    const page = await ok(api.GET('/v1/hosts', { params: { query }, signal }));
    hosts.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return hosts;
}

export const teamHostsQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'hosts', 'list'],
    queryFn: ({ signal }) => listHosts({ team_id: team, type: 'byoc' }, signal),
    refetchInterval: HEARTBEAT_MS,
  });

export const platformHostsQuery = () =>
  queryOptions({
    queryKey: ['platform', 'hosts', 'list'],
    queryFn: ({ signal }) => listHosts({}, signal),
    refetchInterval: HEARTBEAT_MS,
  });

/** `owner`: the team whose page asks, or `platform`. */
export const hostQuery = (owner: string, id: string) =>
  queryOptions({
    queryKey: [owner, 'hosts', id],
    queryFn: ({ signal }) => ok(api.GET('/v1/hosts/{id}', { params: { path: { id } }, signal })),
    refetchInterval: HEARTBEAT_MS,
  });

export const removalPreviewQuery = (owner: string, id: string) =>
  queryOptions({
    queryKey: [owner, 'hosts', id, 'removal'],
    queryFn: ({ signal }) => ok(api.GET('/v1/hosts/{id}/delete-preview', { params: { path: { id } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });

export const createHost = (body: Schema['CreateHostRequest']) =>
  ok(api.POST('/v1/hosts', { body, headers: { 'Idempotency-Key': idempotencyKey() } }));

export const drainHost = (id: string) => ok(api.POST('/v1/hosts/{id}/drain', { params: { path: { id } } }));

export const undrainHost = (id: string) => ok(api.POST('/v1/hosts/{id}/undrain', { params: { path: { id } } }));

export const addTag = (id: string, tag: string) =>
  ok(api.POST('/v1/hosts/{id}/tags', { params: { path: { id } }, body: { tag } }));

export const removeTag = (id: string, tag: string) =>
  ok(api.DELETE('/v1/hosts/{id}/tags/{tag}', { params: { path: { id, tag } } }));

/** `reset`: of a host that has registered, which loses its sandboxes and registers again. */
export const renewHostToken = (id: string, reset: boolean) =>
  ok(api.POST('/v1/hosts/{id}/token', { params: { path: { id }, query: reset ? { reset } : {} } }));

export const deleteHost = (id: string, force: boolean) =>
  ok(api.DELETE('/v1/hosts/{id}', { params: { path: { id }, query: force ? { force } : {} } }));

/** The sandboxes that stand in the way of a removal, if that is what was refused. */
export function sandboxesInTheWay(thrown: unknown): string[] | undefined {
  if (!(thrown instanceof ApiError) || thrown.code !== 'host_has_sandboxes') return undefined;
  return (thrown.body as Schema['HostInUse'] | undefined)?.error?.sandbox_ids;
}
