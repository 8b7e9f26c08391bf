// SPDX-License-Identifier: Apache-2.0
import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import { api, idempotencyKey, ok, type Schema } from './client';

export type Webhook = Schema['WebhookView'];
export type Delivery = Schema['DeliveryView'];
export type DeliveryStatus = Delivery['status'];

export const webhooksQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'webhooks', 'list'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/webhooks', { signal }))).items,
  });

export const deliveriesQuery = (team: string, id: string, status: DeliveryStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: [team, 'webhooks', id, 'deliveries', status],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { id }, query: { status, cursor: pageParam, limit: 25 } };
      return ok(api.GET('/v1/webhooks/{id}/deliveries', { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
  });

export const deliveryQuery = (team: string, id: string, delivery: string) =>
  queryOptions({
    queryKey: [team, 'webhooks', id, 'delivery', delivery],
    queryFn: ({ signal }) =>
      ok(api.GET('/v1/webhooks/{id}/deliveries/{delivery}', { params: { path: { id, delivery } }, signal })),
  });

export const createWebhook = (body: Schema['CreateWebhookRequest']) =>
  ok(api.POST('/v1/webhooks', { body, headers: { 'Idempotency-Key': idempotencyKey() } }));

export const updateWebhook = (id: string, body: Schema['UpdateWebhookRequest']) =>
  ok(api.PATCH('/v1/webhooks/{id}', { params: { path: { id } }, body }));

export const deleteWebhook = (id: string) => ok(api.DELETE('/v1/webhooks/{id}', { params: { path: { id } } }));

export const pingWebhook = (id: string) => ok(api.POST('/v1/webhooks/{id}/ping', { params: { path: { id } } }));

export const rotateSecret = (id: string, overlap_sec: number) =>
  ok(api.POST('/v1/webhooks/{id}/rotate-secret', { params: { path: { id } }, body: { overlap_sec } }));

export const replayDelivery = (id: string, delivery: string) =>
  ok(api.POST('/v1/webhooks/{id}/deliveries/{delivery}/replay', { params: { path: { id, delivery } } }));
