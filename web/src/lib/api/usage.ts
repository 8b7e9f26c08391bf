// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, queryOptions } from '@tanstack/svelte-query';
import type { Days } from '$lib/usage/amounts';
import { api, ok } from './client';

export const usageQuery = (team: string, days: Days) =>
  queryOptions({
    queryKey: [team, 'usage', days.from, days.to],
    queryFn: ({ signal }) => ok(api.GET('/v1/usage', { params: { query: days }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const quotasQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'quotas'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/quotas', { signal }))).quotas,
  });

export const statsQuery = (team: string, range: string) =>
  queryOptions({
    queryKey: [team, 'stats', range],
    queryFn: ({ signal }) => ok(api.GET('/v1/sandboxes/stats', { params: { query: { range } }, signal })),
    placeholderData: keepPreviousData,
  });
