// SPDX-License-Identifier: Apache-2.0
import { QueryClient } from '@tanstack/svelte-query';
import { session } from '$lib/session/session.svelte';
import { ApiError } from './error';

/** The one cache. Keys are `[team_id, resource, ...]`; what is not of a team starts with `'me'` or `'platform'`. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      // By default a query tells only of what was read of it before: a page that waits for another query first, and
      // then reads this one, would never see what came meanwhile.
      notifyOnChangeProps: 'all',
      retry: (count, error) => count < 2 && mayPass(error),
    },
    mutations: { retry: false },
  },
});

interface Pages {
  isFetching: boolean;
  refetch: (options: { cancelRefetch: boolean }) => Promise<unknown>;
  fetchNextPage: () => Promise<unknown>;
}

/** One page more, after what is asked for already, which it would end. */
export async function nextPage(list: Pages): Promise<void> {
  if (list.isFetching) await list.refetch({ cancelRefetch: false });
  await list.fetchNextPage();
}

function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 502);
}

session.onReset((reason) => {
  if (reason === 'sign_out') {
    queryClient.clear();
    return;
  }
  // A page that is made anew for the new team may have begun to ask already.
  const kept = new Set<unknown>(['me', 'platform', session.team_id]);
  const isOfTeam = { predicate: (query: { queryKey: readonly unknown[] }) => !kept.has(query.queryKey[0]) };
  void queryClient.cancelQueries(isOfTeam);
  queryClient.removeQueries(isOfTeam);
});
