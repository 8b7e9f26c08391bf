// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, ok, type Schema } from './client';

export type LoginSession = Schema['SessionView'];
export type ReceivedInvitation = Schema['ReceivedInvitationView'];

export const sessionsQuery = () =>
  queryOptions({
    queryKey: ['me', 'sessions'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/me/sessions', { signal }))).items,
  });

export const myInvitationsQuery = () =>
  queryOptions({
    queryKey: ['me', 'invitations'],
    queryFn: async ({ signal }) => (await ok(api.GET('/v1/me/invitations', { signal }))).items,
  });

export const methodsQuery = () =>
  queryOptions({
    queryKey: ['me', 'methods'],
    queryFn: ({ signal }) => ok(api.GET('/v1/auth/methods', { signal })),
    staleTime: 5 * 60_000,
  });

export const rename = (name: string) => ok(api.PATCH('/v1/me', { body: { name } }));

export const changePassword = (body: Schema['ChangePasswordRequest']) => ok(api.POST('/v1/me/password', { body }));

export const endSession = (id: string) => ok(api.DELETE('/v1/me/sessions/{id}', { params: { path: { id } } }));

export const endOtherSessions = () => ok(api.DELETE('/v1/me/sessions'));

export const acceptInvitation = (id: string, token: string | undefined) =>
  ok(api.POST('/v1/me/invitations/{id}/accept', { params: { path: { id } }, body: { token } }));

export const declineInvitation = (id: string) =>
  ok(api.POST('/v1/me/invitations/{id}/decline', { params: { path: { id } } }));

/** Where the browser goes to connect a provider. */
export const connectProvider = (provider: string) =>
  ok(api.GET('/v1/me/providers/{provider}/connect', { params: { path: { provider } } }));

export const disconnectProvider = (provider: string) =>
  ok(api.DELETE('/v1/me/providers/{provider}', { params: { path: { provider } } }));

export const deleteAccount = (confirmation: string) => ok(api.DELETE('/v1/me', { body: { confirmation } }));
