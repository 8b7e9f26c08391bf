// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasAccessToken, api } from '$lib/api/client';
import { queryClient } from '$lib/api/query';
import { fakeServer, refuse, type Asked } from '../../test/server';
import { session } from './session.svelte';

const team = (id: string, role = 'owner', is_byoc = false) => ({
  id,
  name: id,
  slug: id,
  role,
  is_byoc,
  created_at: '',
});
const view = (user: string, team_id?: string) => ({
  token: `token-${user}-${team_id}`,
  user_id: user,
  team_id,
  email: `${user}@example.org`,
  name: user,
});

let teams = [team('team-a'), team('team-b', 'member', true)];
/** Teams that are still listed, but which the user was taken out of meanwhile. */
let lost = new Set<string>();
/** Lists of teams are answered when this is done. */
let answering: Promise<void> | undefined;
let cookie: { user: string; team_id?: string } | undefined;

function startServer() {
  return fakeServer({
    'POST /v1/auth/login': () => {
      cookie = { user: 'ada', team_id: 'team-a' };
      return { body: view('ada', 'team-a') };
    },
    'POST /v1/auth/refresh': () => (cookie ? { body: view(cookie.user, cookie.team_id) } : refuse(401, 'unauthorized')),
    'POST /v1/auth/logout': () => {
      cookie = undefined;
      return { status: 204 };
    },
    'POST /v1/auth/switch-team': ({ body }) => {
      const { team_id } = body as { team_id: string };
      if (lost.has(team_id)) return refuse(403, 'forbidden');
      cookie = { user: cookie?.user ?? 'ada', team_id };
      return { body: view(cookie.user, team_id) };
    },
    'GET /v1/me': ({ authorization }: Asked) => {
      const user = authorization?.split('-')[1] ?? '';
      return { body: { user_id: user, name: user, email: '', is_admin: user === 'root', providers: [] } };
    },
    'GET /v1/teams': async () => {
      const items = teams;
      await answering;
      return { body: { items } };
    },
    'GET /v1/quotas': ({ authorization }: Asked) =>
      authorization === 'Bearer stale' ? refuse(401, 'unauthorized') : { body: { quotas: [] } },
  });
}

beforeEach(() => {
  teams = [team('team-a'), team('team-b', 'member', true)];
  lost = new Set();
  answering = undefined;
  cookie = undefined;
});
afterEach(async () => {
  await session.signOut().catch(() => undefined);
  session.status = 'unknown';
  vi.unstubAllGlobals();
});

describe('signing in', () => {
  it('knows the user, the team and the role of the list of teams', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    expect(session.status).toBe('signed_in');
    expect(session.me?.name).toBe('ada');
    expect(session.team?.id).toBe('team-a');
    expect(session.canManage).toBe(true);
    expect(session.is_admin).toBe(false);
  });

  it('lands in the first team when there is none to go to', async () => {
    const server = startServer();
    teams = [team('team-b', 'member')];
    await session.signIn('ada@example.org', 'correct horse');
    expect(session.team_id).toBe('team-b');
    expect(server.count('/v1/auth/switch-team')).toBe(1);
  });

  it('works without any team', async () => {
    startServer();
    teams = [];
    await session.signIn('ada@example.org', 'correct horse');
    expect(session.status).toBe('signed_in');
    expect(session.team_id).toBeUndefined();
  });

  it('at page load comes from the cookie', async () => {
    startServer();
    cookie = { user: 'ada', team_id: 'team-b' };
    await session.start();
    expect(session.team_id).toBe('team-b');
    expect(session.is_byoc).toBe(true);
    expect(session.canManage).toBe(false);
  });

  it('nobody is signed in without a cookie', async () => {
    startServer();
    await session.start();
    expect(session.status).toBe('signed_out');
    expect(hasAccessToken()).toBe(false);
  });
});

describe('switching teams', () => {
  it('uses the new token, and forgets what was of the old team only', async () => {
    const server = startServer();
    await session.signIn('ada@example.org', 'correct horse');
    queryClient.setQueryData(['team-a', 'sandboxes'], []);
    queryClient.setQueryData(['team-b', 'sandboxes'], []);
    queryClient.setQueryData(['me', 'teams'], teams);
    await session.switchTeam('team-b');
    await api.GET('/v1/quotas');
    expect(server.asked.at(-1)?.authorization).toBe('Bearer token-ada-team-b');
    expect(queryClient.getQueryData(['team-a', 'sandboxes'])).toBeUndefined();
    expect(queryClient.getQueryData(['team-b', 'sandboxes'])).toBeDefined();
    expect(queryClient.getQueryData(['me', 'teams'])).toBeDefined();
  });

  it('goes on with the next team when one is left', async () => {
    const server = startServer();
    await session.signIn('ada@example.org', 'correct horse');
    teams = [team('team-b', 'member')];
    const next = await session.leaveCurrentTeam();
    expect(next?.id).toBe('team-b');
    expect(server.count('/v1/auth/switch-team')).toBe(1);
    expect(session.team_id).toBe('team-b');
    expect(session.status).toBe('signed_in');
  });

  it('goes on without a team when the last one is left', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    teams = [];
    expect(await session.leaveCurrentTeam()).toBeUndefined();
    expect(session.team_id).toBeUndefined();
    expect(session.status).toBe('signed_in');
  });

  it('passes by a team that was lost since the list was read', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    teams = [team('team-b', 'member'), team('team-c')];
    lost = new Set(['team-b']);
    expect((await session.leaveCurrentTeam())?.id).toBe('team-c');
    expect(session.team_id).toBe('team-c');
    teams = [team('team-b', 'member')];
    expect(await session.leaveCurrentTeam()).toBeUndefined();
    expect(session.team_id).toBeUndefined();
  });

  it('keeps the latest list of teams when an older one comes after it', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    let answer = () => {};
    answering = new Promise((done) => (answer = done));
    const older = session.loadTeams();
    answering = undefined;
    teams = [...teams, team('team-new')];
    await session.loadTeams();
    answer();
    await older;
    expect(session.teams.map((each) => each.id)).toEqual(['team-a', 'team-b', 'team-new']);
  });
});

describe('renewal', () => {
  it('is one request for all that wait for it', async () => {
    const server = startServer();
    await session.signIn('ada@example.org', 'correct horse');
    const { setAccessToken } = await import('$lib/api/client');
    setAccessToken('stale');
    await Promise.all([api.GET('/v1/quotas'), api.GET('/v1/quotas'), api.GET('/v1/quotas')]);
    expect(server.count('/v1/auth/refresh')).toBe(1);
  });

  it('goes back to the team of this tab when another tab has switched', async () => {
    const server = startServer();
    await session.signIn('ada@example.org', 'correct horse');
    cookie = { user: 'ada', team_id: 'team-b' };
    const { setAccessToken } = await import('$lib/api/client');
    setAccessToken('stale');
    await api.GET('/v1/quotas');
    expect(session.team_id).toBe('team-a');
    expect(server.asked.at(-1)?.authorization).toBe('Bearer token-ada-team-a');
  });

  it('follows whoever has signed in in another tab', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    queryClient.setQueryData(['team-a', 'sandboxes'], ['secret']);
    cookie = { user: 'root', team_id: 'team-b' };
    const { setAccessToken } = await import('$lib/api/client');
    setAccessToken('stale');
    await api.GET('/v1/quotas');
    expect(session.me?.user_id).toBe('root');
    expect(queryClient.getQueryData(['team-a', 'sandboxes'])).toBeUndefined();
  });
});

describe('signing out', () => {
  it('leaves nothing behind', async () => {
    startServer();
    await session.signIn('ada@example.org', 'correct horse');
    queryClient.setQueryData(['team-a', 'sandboxes'], ['row']);
    queryClient.setQueryData(['me', 'teams'], teams);
    await session.signOut();
    expect(session.status).toBe('signed_out');
    expect(session.me).toBeUndefined();
    expect(session.teams).toEqual([]);
    expect(session.team_id).toBeUndefined();
    expect(hasAccessToken()).toBe(false);
    expect(queryClient.getQueryCache().getAll()).toEqual([]);
  });
});
