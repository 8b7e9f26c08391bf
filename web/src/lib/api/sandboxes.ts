// SPDX-License-Identifier: Apache-2.0
import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import { session } from '$lib/session/session.svelte';
import { api, idempotencyKey, ok, type Schema } from './client';

export type Sandbox = Omit<Schema['SandboxView'], 'network' | 'traffic'> & {
  network: Schema['NetworkRules'];
  traffic: Schema['TrafficRules'];
};
export type SandboxStatus = Sandbox['status'];
export type NewSandbox = Schema['CreateSandboxRequest'];

export interface SandboxFilter {
  /** None: all but stopped and failed ones. */
  status?: SandboxStatus[];
  /** "key=value" */
  metadata?: string[];
  template?: string;
  host?: string;
  /** Words that are all in the id, the template, the host's id or the metadata. */
  q?: string;
}

interface SandboxPage {
  items: Sandbox[];
  next_cursor?: string;
}

const kPage = 100;

/** `[team_id, 'sandboxes', 'list', filter]` */
export function sandboxList(filter: SandboxFilter = {}) {
  return infiniteQueryOptions({
    queryKey: [session.team_id, 'sandboxes', 'list', filter],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filter, limit: kPage, cursor: pageParam };
      return (await ok(api.GET('/v1/sandboxes', { params: { query }, signal }))) as SandboxPage;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    enabled: session.team_id !== undefined,
  });
}

/** `[team_id, 'sandboxes', 'one', id]` */
export function sandboxView(id: string) {
  return queryOptions({
    queryKey: [session.team_id, 'sandboxes', 'one', id],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/sandboxes/{id}', { params: { path: { id } }, signal }))) as Sandbox,
    enabled: session.team_id !== undefined,
  });
}

export async function createSandbox(body: NewSandbox, key = idempotencyKey()): Promise<Sandbox> {
  const headers = { 'Idempotency-Key': key };
  return (await ok(api.POST('/v1/sandboxes', { body, headers }))) as Sandbox;
}

export async function pauseSandbox(id: string): Promise<Sandbox> {
  return (await ok(api.POST('/v1/sandboxes/{id}/pause', { params: { path: { id } } }))) as Sandbox;
}

export async function resumeSandbox(id: string): Promise<Sandbox> {
  return (await ok(api.POST('/v1/sandboxes/{id}/resume', { params: { path: { id } } }))) as Sandbox;
}

export async function destroySandbox(id: string): Promise<void> {
  await api.DELETE('/v1/sandboxes/{id}', { params: { path: { id } } });
}

/** Seconds without activity; 0 is never. */
export async function setSandboxTimeout(id: string, timeout_sec: number): Promise<Sandbox> {
  const call = api.POST('/v1/sandboxes/{id}/timeout', { params: { path: { id } }, body: { timeout_sec } });
  return (await ok(call)) as Sandbox;
}
