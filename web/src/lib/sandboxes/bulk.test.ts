// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queryClient } from '$lib/api/query';
import type { Sandbox } from '$lib/api/sandboxes';
import { session } from '$lib/session/session.svelte';
import { fakeServer, refuse } from '../../test/server';
import { changeSandbox, may } from './actions';
import { BulkRun } from './bulk.svelte';

const key = ['team-a', 'sandboxes', 'list', {}];
const row = (id: string, status: Sandbox['status'] = 'running') => ({ id, status }) as Sandbox;
const statuses = () =>
  Object.fromEntries(queryClient.getQueryData<Sandbox[]>(key)?.map((each) => [each.id, each.status]) ?? []);

beforeEach(() => {
  session.team_id = 'team-a';
  queryClient.setQueryData(key, [row('sb-1'), row('sb-2'), row('sb-3')]);
});
afterEach(() => {
  session.team_id = undefined;
  queryClient.clear();
  vi.unstubAllGlobals();
});

describe('pausing', () => {
  it('is shown before the server answers', async () => {
    let answer: (value: { body: unknown }) => void = () => undefined;
    fakeServer({ 'POST /v1/sandboxes/sb-1/pause': () => new Promise((done) => (answer = done)) });
    const done = changeSandbox(row('sb-1'), 'pause');
    expect(statuses()['sb-1']).toBe('pausing');
    await vi.waitFor(() => answer({ body: row('sb-1', 'paused') }));
    await vi.waitFor(() => {
      answer({ body: row('sb-1', 'paused') });
      expect(statuses()['sb-1']).toBe('paused');
    });
    await done;
  });

  it('is taken back when the server refuses', async () => {
    fakeServer({ 'POST /v1/sandboxes/sb-1/pause': () => refuse(409, 'invalid_state') });
    await expect(changeSandbox(row('sb-1'), 'pause')).rejects.toMatchObject({ code: 'invalid_state' });
    expect(statuses()['sb-1']).toBe('running');
  });

  it('is for what runs', () => {
    expect(may('pause', 'running')).toBe(true);
    expect(may('pause', 'paused')).toBe(false);
    expect(may('resume', 'paused')).toBe(true);
    expect(may('destroy', 'stopped')).toBe(false);
  });
});

it('many at once say the outcome of each', async () => {
  fakeServer({
    'POST /v1/sandboxes/sb-1/pause': () => ({ body: row('sb-1', 'paused') }),
    'POST /v1/sandboxes/sb-2/pause': () => refuse(503, 'host_unavailable', 'its host is silent'),
    'POST /v1/sandboxes/sb-3/pause': () => ({ body: row('sb-3', 'paused') }),
  });
  const bulk = new BulkRun();
  const done = await bulk.run('pause', [row('sb-1'), row('sb-2'), row('sb-3')]);
  expect(done).toEqual(['sb-1', 'sb-3']);
  expect(bulk.done).toBe(2);
  expect(bulk.failed).toBe(1);
  expect(bulk.results[1]).toMatchObject({ id: 'sb-2', status: 'failed', problem: 'Its host is silent.' });
  expect(statuses()).toEqual({ 'sb-1': 'paused', 'sb-2': 'running', 'sb-3': 'paused' });
});
