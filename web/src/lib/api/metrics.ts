// SPDX-License-Identifier: Apache-2.0
import type { Point, Range } from '$lib/metrics/series';
import { session } from '$lib/session/session.svelte';
import { api, ok } from './client';

export async function fetchPoints(id: string, range: Range, signal?: AbortSignal): Promise<Point[]> {
  const params = { path: { id }, query: { range } };
  return (await ok(api.GET('/v1/sandboxes/{id}/metrics', { params, signal }))).points;
}

export const metricsKey = (id: string, range: Range) => [session.team_id, 'sandbox_metrics', id, range] as const;
