// SPDX-License-Identifier: Apache-2.0
import { queryOptions } from '@tanstack/svelte-query';
import { session } from '$lib/session/session.svelte';
import { api, idempotencyKey, ok, type Schema } from './client';

export type Team = Schema['TeamView'];
export type TeamDetail = Schema['TeamDetailView'];

/** Asks for the teams of whoever is signed in. The session keeps them: read `session.teams`. */
export const teamsQuery = () => queryOptions({ queryKey: ['me', 'teams'], queryFn: () => session.loadTeams() });

export const teamQuery = (team: string) =>
  queryOptions({
    queryKey: [team, 'teams', 'detail'],
    queryFn: ({ signal }) => ok(api.GET('/v1/teams/{id}', { params: { path: { id: team } }, signal })),
  });

export const createTeam = (name: string) =>
  ok(api.POST('/v1/teams', { body: { name }, headers: { 'Idempotency-Key': idempotencyKey() } }));

export const renameTeam = (id: string, name: string) =>
  ok(api.PATCH('/v1/teams/{id}', { params: { path: { id } }, body: { name } }));

export const transferTeam = (id: string, user_id: string) =>
  ok(api.POST('/v1/teams/{id}/transfer', { params: { path: { id } }, body: { user_id } }));

export const leaveTeam = (id: string) => ok(api.POST('/v1/teams/{id}/leave', { params: { path: { id } } }));

export const deleteTeam = (id: string) => ok(api.DELETE('/v1/teams/{id}', { params: { path: { id } } }));
