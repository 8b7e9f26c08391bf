// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fake_server, refuse } from '../../test/server';
import { api, ok, send, set_access_token, set_session_hooks } from './client';
import { ApiError, error_text, problem_of } from './error';

beforeEach(() => set_access_token('old'));
afterEach(() => {
  set_access_token(undefined);
  vi.unstubAllGlobals();
});

/** Knows the token "new" only. */
const teams = (asked: { authorization: string | null }) =>
  asked.authorization === 'Bearer new' ? { body: { items: [] } } : refuse(401, 'unauthorized');

function renew_to(token: string | undefined) {
  const renew = vi.fn(async () => {
    set_access_token(token);
    return token !== undefined;
  });
  set_session_hooks({ renew });
  return renew;
}

describe('a stale token', () => {
  it('is renewed once, and the request sent again', async () => {
    const server = fake_server({ 'GET /v1/teams': teams });
    const renew = renew_to('new');
    expect(await ok(api.GET('/v1/teams'))).toEqual({ items: [] });
    expect(renew).toHaveBeenCalledTimes(1);
    expect(server.asked.map((one) => one.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('sends the body again', async () => {
    const server = fake_server({
      'POST /v1/teams': (asked) =>
        asked.authorization === 'Bearer new' ? { status: 201 } : refuse(401, 'unauthorized'),
    });
    renew_to('new');
    await api.POST('/v1/teams', { body: { name: "O'Neil-Lab @ Home" } });
    expect(server.asked.map((one) => one.body)).toEqual([{ name: "O'Neil-Lab @ Home" }, { name: "O'Neil-Lab @ Home" }]);
  });

  it('is not renewed without end', async () => {
    const server = fake_server({ 'GET /v1/teams': () => refuse(401, 'unauthorized') });
    renew_to('new');
    await expect(api.GET('/v1/teams')).rejects.toMatchObject({ status: 401 });
    expect(server.asked).toHaveLength(2);
  });

  it('ends the session when it cannot be renewed', async () => {
    fake_server({ 'GET /v1/teams': teams });
    renew_to(undefined);
    await expect(api.GET('/v1/teams')).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  });
});

describe('errors', () => {
  it('of a wrong password are no reason to renew', async () => {
    fake_server({ 'POST /v1/me/password': () => refuse(401, 'wrong_password', 'this is not your password') });
    const renew = renew_to('new');
    const call = api.POST('/v1/me/password', { body: { current_password: 'a', new_password: 'b' } });
    await expect(call).rejects.toMatchObject({ code: 'wrong_password', request_id: 'req-1' });
    expect(renew).not.toHaveBeenCalled();
  });

  it('say when there is no server', async () => {
    fake_server({ 'GET /v1/me': () => 'no network' });
    const thrown = await api.GET('/v1/me').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ status: 0, is_offline: true });
  });

  it('of raw requests are the same', async () => {
    fake_server({ 'GET /v1/audit-logs/export': () => refuse(403, 'forbidden', 'only for owners') });
    await expect(send('/v1/audit-logs/export')).rejects.toMatchObject({ status: 403, message: 'only for owners' });
  });

  it('are sentences, and name fields', () => {
    const error = new ApiError(400, 'invalid_request', 'the request is not valid', 'req-1', [
      { field: 'name', what: 'is too long' },
    ]);
    expect(error_text(error)).toBe('The request is not valid.');
    expect(problem_of(error, 'name')).toBe('Is too long.');
    expect(problem_of(error, 'email')).toBeUndefined();
  });
});
