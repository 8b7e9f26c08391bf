// SPDX-License-Identifier: Apache-2.0
import { infiniteQueryOptions, queryOptions, type InfiniteData, type QueryKey } from '@tanstack/svelte-query';
import { session } from '$lib/session/session.svelte';
import { api, idempotencyKey, ok, send, type Schema } from './client';

export type Build = Schema['BuildView'];
export type NewBuild = Schema['CreateBuildRequest'];
type Page = Schema['BuildViewPage'];

interface Calls {
  list: (cursor: string | undefined, signal: AbortSignal) => Promise<Page>;
  view: (id: string, signal: AbortSignal) => Promise<Build>;
  create: (body: NewBuild, headers: { 'Idempotency-Key': string }) => Promise<Build>;
  cancel: (id: string) => Promise<unknown>;
  logOf: (id: string) => string;
}

/** Builds of a team's templates, or of the platform's: where they are asked for, kept and shown. */
export class Builds {
  constructor(
    /** The first part of the keys of their queries. */
    private readonly owner: () => string | undefined,
    private readonly calls: Calls,
    /** The page that shows one. */
    readonly href: (id: string) => string,
  ) {}

  get key(): QueryKey {
    return [this.owner(), 'builds'];
  }

  get templatesKey(): QueryKey {
    return [this.owner(), 'templates'];
  }

  all = () =>
    infiniteQueryOptions({
      queryKey: [...this.key, 'list'],
      queryFn: ({ pageParam, signal }) => this.calls.list(pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page: Page) => page.next_cursor,
    });

  one = (id: string) =>
    queryOptions({ queryKey: [...this.key, id], queryFn: ({ signal }) => this.calls.view(id, signal) });

  create = (body: NewBuild) => this.calls.create(body, { 'Idempotency-Key': idempotencyKey() });
  cancel = (id: string) => this.calls.cancel(id);

  /** The log as it grows, until the build has ended. `from` counts characters that are known already. */
  async followLog(id: string, from: number, hear: (bytes: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    const response = await send(`${this.calls.logOf(id)}?follow=true&from=${from}`, { signal });
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      hear(value);
    }
  }
}

export const listed = (data: InfiniteData<Page> | undefined) => data?.pages.flatMap((page) => page.items);

const at = (id: string) => ({ path: { id } });

export const teamBuilds = new Builds(
  () => session.team_id,
  {
    list: (cursor, signal) => ok(api.GET('/v1/builds', { params: { query: { cursor, limit: 50 } }, signal })),
    view: (id, signal) => ok(api.GET('/v1/builds/{id}', { params: at(id), signal })),
    create: (body, headers) => ok(api.POST('/v1/templates', { headers, body })),
    cancel: (id) => ok(api.POST('/v1/builds/{id}/cancel', { params: at(id) })),
    logOf: (id) => `/v1/builds/${id}/log`,
  },
  (id) => `/dashboard/templates?tab=builds&build=${id}`,
);

export const platformBuilds = new Builds(
  () => 'platform',
  {
    list: (cursor, signal) => ok(api.GET('/v1/admin/builds', { params: { query: { cursor, limit: 50 } }, signal })),
    view: (id, signal) => ok(api.GET('/v1/admin/builds/{id}', { params: at(id), signal })),
    create: (body, headers) => ok(api.POST('/v1/admin/builds', { headers, body })),
    cancel: (id) => ok(api.POST('/v1/admin/builds/{id}/cancel', { params: at(id) })),
    logOf: (id) => `/v1/admin/builds/${id}/log`,
  },
  (id) => `/admin/templates?build=${id}`,
);
