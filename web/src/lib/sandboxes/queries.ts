// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, ok } from '$lib/api/client';
import { session } from '$lib/session/session.svelte';

/** What a sandbox can start from. */
export function templateChoices() {
  return queryOptions({
    queryKey: [session.team_id, 'templates', 'choices'],
    queryFn: async ({ signal }) => {
      const page = await ok(api.GET('/v1/templates', { params: { query: { limit: 200 } }, signal }));
      return page.items.filter((each) => each.status === 'ready');
    },
    enabled: session.team_id !== undefined,
  });
}
