// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform();
const missing = '00000000-0000-4000-8000-00000000dead';

test('SB-1, SB-2, SB-6: a sandbox is created running, listed, shown, and gone after it was destroyed', async () => {
  const ada = await platform.newUser();
  const made = await ada.sandbox({ metadata: { purpose: 'test' }, timeout_sec: 600 });
  expect(made).toMatchObject({ status: 'running', template: 'base', timeout_sec: 600, metadata: { purpose: 'test' } });
  expect((await ada.get(`/v1/sandboxes/${made.id}`, 200)).body.id).toBe(made.id);
  expect((await ada.get('/v1/sandboxes', 200)).body.items.map((item: Json) => item.id)).toEqual([made.id]);
  await ada.delete(`/v1/sandboxes/${made.id}`, 204);
  expect((await ada.get(`/v1/sandboxes/${made.id}`, 200)).body.status).toBe('stopped');
  expect((await ada.get('/v1/sandboxes', 200)).body.items).toEqual([]);
  await ada.delete(`/v1/sandboxes/${made.id}`, 204);
  const audit = (await ada.get('/v1/audit-logs?resource_type=sandbox', 200)).body.items;
  expect(audit.map((entry: Json) => entry.action)).toEqual(['destroy', 'create']);
});

test('SB-3, SB-4: a paused sandbox keeps what it had', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.exec(id, 'sh', '-c', 'echo kept > kept');
  expect((await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200)).body.status).toBe('paused');
  await ada.refused('POST', `/v1/sandboxes/${id}/pause`, undefined, 409, 'invalid_state');
  await ada.refused('POST', `/v1/sandboxes/${id}/exec`, { cmd: 'true' }, 409, 'invalid_state');
  await ada.refused('POST', `/v1/sandboxes/${id}/ping`, undefined, 409, 'invalid_state');
  await ada.refused('GET', `/v1/sandboxes/${id}/files?path=kept`, undefined, 409, 'invalid_state');
  expect((await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200)).body.status).toBe('running');
  await ada.refused('POST', `/v1/sandboxes/${id}/resume`, undefined, 409, 'invalid_state');
  expect((await ada.exec(id, 'cat', 'kept')).stdout).toBe('kept\n');
});

test('SB-3: of two simultaneous pauses one succeeds', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  const answers = await Promise.all([ada.post(`/v1/sandboxes/${id}/pause`), ada.post(`/v1/sandboxes/${id}/pause`)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
});

test('SB-5, MO-5: an idle sandbox is paused by its host, and the database hears of it', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ timeout_sec: 1 });
  await waitFor('it is paused', async () => (await ada.get(`/v1/sandboxes/${id}`)).body.status === 'paused');
  const [entry] = (await ada.get('/v1/audit-logs?resource_type=sandbox&action=pause', 200)).body.items;
  expect(entry).toMatchObject({ actor_type: 'system', status: 'info', resource_id: id });
});

test('SB-5: a sandbox that shall not outlive its timeout is destroyed then', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ timeout_sec: 1, on_timeout: 'destroy' });
  await waitFor('it is stopped', async () => (await ada.get(`/v1/sandboxes/${id}`)).body.status === 'stopped');
});

test('SB-5: a timeout can be changed while it runs, and a ping is accepted', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  expect((await ada.post(`/v1/sandboxes/${id}/timeout`, { timeout_sec: 900 }, 200)).body.timeout_sec).toBe(900);
  await ada.post(`/v1/sandboxes/${id}/ping`, undefined, 204);
  expect((await ada.get(`/v1/sandboxes/${id}`)).body.timeout_sec).toBe(900);
});

test('SB-5, C12: a command that runs longer than the timeout keeps its sandbox awake', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ timeout_sec: 1 });
  expect((await ada.exec(id, 'sh', '-c', 'sleep 3; echo done')).stdout).toBe('done\n');
  await waitFor('it is paused afterwards', async () => (await ada.get(`/v1/sandboxes/${id}`)).body.status === 'paused');
});

test('SB-2: lists are read page by page, each sandbox once', async () => {
  const ada = await platform.newUser();
  const made = [];
  for (let i = 0; i < 5; ++i) made.unshift((await ada.sandbox()).id);
  const seen = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { body } = await ada.get(`/v1/sandboxes?limit=2${cursor && `&cursor=${cursor}`}`, 200);
    seen.push(...body.items.map((item: Json) => item.id));
    cursor = body.next_cursor;
  }
  expect(seen).toEqual(made);
});

test('the environment of a sandbox reaches its commands', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ env: { GREETING: 'hello there' } });
  expect((await ada.exec(id, 'sh', '-c', 'echo $GREETING')).stdout).toBe('hello there\n');
});

test('SB-1: the same Idempotency-Key creates one sandbox, and refuses another request', async () => {
  const ada = (await platform.newUser()).with({ 'Idempotency-Key': 'order-1' });
  const [first, second] = [await ada.sandbox(), await ada.sandbox()];
  expect(second).toEqual(first);
  await ada.refused('POST', '/v1/sandboxes', { timeout_sec: 5 }, 400, 'invalid_request');
});

test('SB-2: what another team has is not found, whatever is asked', async () => {
  const { id } = await (await platform.newUser()).sandbox();
  const eve = await platform.newUser('Eve');
  for (const sandbox of [id, `sb-${missing}`]) {
    for (const [method, path, body] of [
      ['GET', '', undefined], ['DELETE', '', undefined], ['POST', '/pause', undefined], ['POST', '/resume', undefined],
      ['POST', '/ping', undefined], ['POST', '/timeout', { timeout_sec: 5 }], ['POST', '/exec', { cmd: 'true' }],
      ['GET', '/files?path=/etc/passwd', undefined], ['GET', '/metrics', undefined], ['GET', '/processes', undefined],
    ] as const)
      await eve.refused(method, `/v1/sandboxes/${sandbox}${path}`, body, 404, 'not_found');
    await expect(eve.socket(`/v1/sandboxes/${sandbox}/files/watch?path=/`)).rejects.toThrow('404');
  }
});

test('metrics have points for a known range', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  const { body } = await ada.get(`/v1/sandboxes/${id}/metrics?range=5m`, 200);
  expect(body).toMatchObject({ sandbox_id: id, range: '5m' });
  await ada.refused('GET', `/v1/sandboxes/${id}/metrics?range=3m`, undefined, 400, 'invalid_request');
});

test('SB-1: twenty at once all run', async () => {
  const ada = await platform.newUser();
  const made = await Promise.all(Array.from({ length: 20 }, () => ada.sandbox()));
  expect(new Set(made.map((sandbox) => sandbox.id)).size).toBe(20);
  await Promise.all(made.map((sandbox) => ada.delete(`/v1/sandboxes/${sandbox.id}`, 204)));
});
