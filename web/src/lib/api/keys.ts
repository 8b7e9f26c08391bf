// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, idempotencyKey, ok, type Schema } from './client';

export type ApiKey = Schema['ApiKeyView'];

export const keysQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'api_keys'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/api-keys', { signal }))).items,
  });

/** The answer has the key itself, this once. */
export const createKey = (body: Schema['CreateApiKeyRequest'], submit = idempotencyKey()) =>
  ok(api.POST('/v1/api-keys', { body, headers: { 'Idempotency-Key': submit } }));

export const revokeKey = (id: string) => ok(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }));
