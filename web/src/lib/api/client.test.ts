// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeServer, refuse } from '../../test/server';
import { api, ok, send, setAccessToken, setSessionHooks } from './client';
import { ApiError, errorText, problemOf } from './error';

beforeEach(() => setAccessToken('old'));
afterEach(() => {
  setAccessToken(undefined);
  vi.unstubAllGlobals();
});

/** Knows the token "new" only. */
const teams = (asked: { authorization: string | null }) =>
  asked.authorization === 'Bearer new' ? { body: { items: [] } } : refuse(401, 'unauthorized');

function renewTo(token: string | undefined) {
  const renew = vi.fn(async () => {
    setAccessToken(token);
    return token !== undefined;
  });
  setSessionHooks({ renew });
  return renew;
}

describe('a stale token', () => {
  it('is renewed once, and the request sent again', async () => {
    const server = fakeServer({ 'GET /v1/teams': teams });
    const renew = renewTo('new');
    expect(await ok(api.GET('/v1/teams'))).toEqual({ items: [] });
    expect(renew).toHaveBeenCalledTimes(1);
    expect(server.asked.map((one) => one.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('sends the body again', async () => {
    const server = fakeServer({
      'POST /v1/teams': (asked) =>
        asked.authorization === 'Bearer new' ? { status: 201 } : refuse(401, 'unauthorized'),
    });
    renewTo('new');
    await api.POST('/v1/teams', { body: { name: "O'Neil-Lab @ Home" } });
    expect(server.asked.map((one) => one.body)).toEqual([{ name: "O'Neil-Lab @ Home" }, { name: "O'Neil-Lab @ Home" }]);
  });

  it('is not renewed without end', async () => {
    const server = fakeServer({ 'GET /v1/teams': () => refuse(401, 'unauthorized') });
    renewTo('new');
    await expect(api.GET('/v1/teams')).rejects.toMatchObject({ status: 401 });
    expect(server.asked).toHaveLength(2);
  });

  it('ends the session when it cannot be renewed', async () => {
    fakeServer({ 'GET /v1/teams': teams });
    renewTo(undefined);
    await expect(api.GET('/v1/teams')).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  });
});

describe('errors', () => {
  it('of a wrong password are no reason to renew', async () => {
    fakeServer({ 'POST /v1/me/password': () => refuse(401, 'wrong_password', 'this is not your password') });
    const renew = renewTo('new');
    const call = api.POST('/v1/me/password', { body: { current_password: 'a', new_password: 'b' } });
    await expect(call).rejects.toMatchObject({ code: 'wrong_password', request_id: 'req-1' });
    expect(renew).not.toHaveBeenCalled();
  });

  it('say when there is no server', async () => {
    fakeServer({ 'GET /v1/me': () => 'no network' });
    const thrown = await api.GET('/v1/me').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ status: 0, isOffline: true });
  });

  it('of raw requests are the same', async () => {
    fakeServer({ 'GET /v1/audit-logs/export': () => refuse(403, 'forbidden', 'only for owners') });
    await expect(send('/v1/audit-logs/export')).rejects.toMatchObject({ status: 403, message: 'only for owners' });
  });

  it('are sentences, and name fields', () => {
    const error = new ApiError(400, 'invalid_request', 'the request is not valid', 'req-1', [
      { field: 'name', what: 'is too long' },
    ]);
    expect(errorText(error)).toBe('The request is not valid.');
    expect(problemOf(error, 'name')).toBe('Is too long.');
    expect(problemOf(error, 'email')).toBeUndefined();
  });
});
