// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { api, ok, type Schema } from './client';

export type Invitation = Schema['InvitationView'];
export type FoundUser = Schema['FoundUserView'];

export const invitationsQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'invitations'],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/teams/{id}/invitations', { params: { path: { id: team } }, signal }))).items,
  });

/** Accounts of the whole site, by the beginning of their address. */
export const searchUsersQuery = (email: string) =>
  queryOptions({
    queryKey: ['me', 'user_search', email],
    queryFn: async ({ signal }) =>
      (await ok(api.GET('/v1/users/search', { params: { query: { email } }, signal }))).items,
    staleTime: 30_000,
    retry: false,
  });

export const addMember = (team: string, email: string) =>
  ok(api.POST('/v1/teams/{id}/members', { params: { path: { id: team } }, body: { email } }));

export const changeRole = (team: string, user_id: string, role: 'admin' | 'member') =>
  ok(api.PATCH('/v1/teams/{id}/members/{user_id}', { params: { path: { id: team, user_id } }, body: { role } }));

export const removeMember = (team: string, user_id: string) =>
  ok(api.DELETE('/v1/teams/{id}/members/{user_id}', { params: { path: { id: team, user_id } } }));

/** The answer has the token if no mail is sent. */
export const invite = (team: string, email: string, role: 'admin' | 'member') =>
  ok(api.POST('/v1/teams/{id}/invitations', { params: { path: { id: team } }, body: { email, role } }));

export const revokeInvitation = (team: string, invitation_id: string) =>
  ok(api.DELETE('/v1/teams/{id}/invitations/{invitation_id}', { params: { path: { id: team, invitation_id } } }));
