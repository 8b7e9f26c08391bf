// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Client, Json } from './client';
import { becomes, useFleet } from './fleet';

const fleet = useFleet(1);
const uuid = (id: string) => id.slice(id.indexOf('-') + 1);
const host = () => fleet.hosts[0];

async function actions(client: Client, id: string): Promise<string[]> {
  const { body } = await client.get('/v1/audit-logs?resource_type=sandbox', 200);
  return body.items.filter((one: Json) => one.resource_id === id).map((one: Json) => one.action).reverse();
}

const status = async (client: Client, id: string) => (await client.get(`/v1/sandboxes/${id}`, 200)).body.status;

/** A host that did not answer is let alone for a moment. */
async function isTriedAgain(): Promise<void> {
  const user = await fleet.platform.newUser();
  await waitFor('control tries the host again', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => user.post('/v1/sandboxes', {})));
    const made = answers.filter((answer) => answer.status === 201);
    await Promise.all(made.map((answer) => user.delete(`/v1/sandboxes/${answer.body.id}`, 204)));
    return made.length === answers.length;
  });
}

test('SB-1: without wishes a sandbox has the template\'s sizes and never times out; wrong wishes are refused', async () => {
  const ada = await fleet.platform.newUser();
  expect(await ada.sandbox()).toMatchObject({ status: 'running', template: 'base', vcpus: 1, memory_mb: 512, timeout_sec: 0 });
  for (const wish of [{ template: 'a/b' }, { vcpus: 0 }, { memory_mb: 1 }, { timeout_sec: -1 }, { metadata: { a: 1 } }, []])
    await ada.refused('POST', '/v1/sandboxes', wish, 400, 'invalid_request');
  await ada.refused('POST', '/v1/sandboxes', undefined, 400, 'invalid_request');
  await ada.refused('POST', '/v1/sandboxes', { template: 'nothing' }, 404, 'not_found');
  expect((await ada.get('/v1/sandboxes')).body.items.length).toBe(1);
});

test('SB-1: a host that fails makes a 502, an error row that no list shows, and no audit entry', async () => {
  const ada = await fleet.platform.newUser();
  await host().fail({ method: 'CreateSandbox', fault: 'refuse', code: 'internal', count: 1 });
  await ada.refused('POST', '/v1/sandboxes', {}, 502, 'agent_error');
  expect((await ada.get('/v1/sandboxes')).body.items).toEqual([]);
  const [failed] = (await ada.get('/v1/sandboxes?status=error', 200)).body.items;
  expect(await actions(ada, failed.id)).toEqual([]);
  await ada.delete(`/v1/sandboxes/${failed.id}`, 204);
  await becomes(ada, failed.id, 'stopped');
});

test('SB-1: a host that dies during a create leaves an error, and nothing when it is back', async () => {
  const ada = await fleet.platform.newUser();
  await host().fail({ method: 'CreateSandbox', fault: 'die', after_work: true });
  const answer = await ada.post('/v1/sandboxes', {});
  expect(answer.status).toBe(503);
  await host().agent.ended();
  await host().start();
  const [failed] = (await ada.get('/v1/sandboxes?status=error', 200)).body.items;
  await waitFor('nothing is left there', async () => (await host().holds(failed.id)) === undefined);
  await isTriedAgain();
});

test('SB-1: an answer that was lost is asked for again, and one sandbox is made', async () => {
  const ada = await fleet.platform.newUser();
  await host().fail({ method: 'CreateSandbox', fault: 'lose', count: 1 });
  const { id } = await ada.sandbox();
  await host().heal();
  expect(await host().holds(id)).toBe('running');
  expect(await actions(ada, id)).toEqual(['create']);
});

test('SB-1: a client that hangs up while its host is slow gets its sandbox all the same', async () => {
  const ada = await fleet.platform.newUser();
  await host().fail({ method: 'CreateSandbox', fault: 'late', delay_ms: 500, count: 1 });
  const aborted = new AbortController();
  const request = ada.request('POST', '/v1/sandboxes', { body: '{}', headers: { 'Content-Type': 'application/json' }, signal: aborted.signal });
  await waitFor('it starts', async () => (await ada.get('/v1/sandboxes?status=pending')).body.items.length === 1);
  aborted.abort();
  await expect(request).rejects.toThrow();
  const [{ id }] = (await ada.get('/v1/sandboxes?status=pending,running')).body.items;
  await becomes(ada, id, 'running');
});

test('SB-2: lists are filtered by status, metadata, template, host and words, and read page by page', async () => {
  const ada = await fleet.platform.newUser();
  const made = [];
  for (const metadata of [{ kind: 'a' }, { kind: 'b' }, { kind: 'a', more: 'x=y' }]) made.push((await ada.sandbox({ metadata })).id);
  await ada.post(`/v1/sandboxes/${made[1]}/pause`, undefined, 200);
  const ids = async (query: string) => (await ada.get(`/v1/sandboxes?${query}`, 200)).body.items.map((item: Json) => item.id);
  expect(await ids('status=paused')).toEqual([made[1]]);
  expect(await ids('status=paused,running')).toEqual([...made].reverse());
  expect(await ids('metadata=kind%3Da')).toEqual([made[2], made[0]]);
  expect(await ids('metadata=kind%3Da&metadata=more%3Dx%3Dy')).toEqual([made[2]]);
  expect(await ids('metadata=kind%3Dc')).toEqual([]);
  expect(await ids(`template=base&host=${host().id}`)).toEqual([...made].reverse());
  expect(await ids('template=bas')).toEqual([]);
  expect(await ids('host=host-00000000-0000-4000-8000-000000000001')).toEqual([]);
  expect(await ids('q=kind%3DA')).toEqual([made[2], made[0]]);
  expect(await ids('q=base+x%3Dy')).toEqual([made[2]]);
  expect(await ids(`q=${made[1].slice(0, 13)}`)).toEqual([made[1]]);
  expect(await ids('q=kind%3Da+kind%3Db')).toEqual([]);
  expect(await ids('q=100%25')).toEqual([]);
  expect(await ids('q=')).toHaveLength(3);
  const first = (await ada.get('/v1/sandboxes?limit=2', 200)).body;
  expect(first.items.map((item: Json) => item.id)).toEqual([made[2], made[1]]);
  expect(await ids(`limit=2&cursor=${first.next_cursor}`)).toEqual([made[0]]);
  for (const query of ['status=asleep', 'limit=0', 'cursor=x', 'metadata=kind', `q=${'x'.repeat(201)}`, 'q=%00', 'q=%ff', 'template=%00', 'host=sb-1'])
    await ada.refused('GET', `/v1/sandboxes?${query}`, undefined, 400, 'invalid_request');
});

test('SB-3, C8: of many simultaneous pauses one succeeds, the same for resumes, and each is recorded once', async () => {
  const ada = await fleet.platform.newUser();
  const { id } = await ada.sandbox();
  for (const action of ['pause', 'resume']) {
    const answers = await Promise.all(Array.from({ length: 6 }, () => ada.post(`/v1/sandboxes/${id}/${action}`)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  }
  expect(await actions(ada, id)).toEqual(['create', 'pause', 'resume']);
});

test('SB-3, SB-4, C2: a pause or resume whose answer is lost succeeds when the host says so', async () => {
  const ada = await fleet.platform.newUser();
  const { id } = await ada.sandbox();
  await host().fail({ method: 'PauseSandbox', fault: 'lose', count: 2 }, { method: 'ResumeSandbox', fault: 'lose', count: 2 });
  expect((await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200)).body.status).toBe('paused');
  expect((await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200)).body.status).toBe('running');
  await host().heal();
  expect(await actions(ada, id)).toEqual(['create', 'pause', 'resume']);
});

test('SB-3, SB-4: one that fails changes nothing and says so', async () => {
  const ada = await fleet.platform.newUser();
  const { id } = await ada.sandbox();
  await host().fail({ method: 'PauseSandbox', fault: 'refuse', code: 'internal' });
  await ada.refused('POST', `/v1/sandboxes/${id}/pause`, undefined, 502, 'agent_error');
  expect(await status(ada, id)).toBe('running');
  await host().heal();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await host().fail({ method: 'ResumeSandbox', fault: 'refuse' });
  await ada.refused('POST', `/v1/sandboxes/${id}/resume`, undefined, 503, 'host_unavailable');
  expect(await status(ada, id)).toBe('paused');
  await host().heal();
  expect(await actions(ada, id)).toEqual(['create', 'pause']);
});

test('SB-4: a sandbox is resumed on its own host only, and stays paused while that is away', async () => {
  const ada = await fleet.platform.newUser();
  const { id } = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await host().kill();
  expect((await ada.post(`/v1/sandboxes/${id}/resume`)).status).toBe(503);
  expect(await status(ada, id)).toBe('paused');
  await host().start();
  await isTriedAgain();
  expect(await status(ada, id)).toBe('paused');
  expect((await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200)).body.status).toBe('running');
});

test('SB-5: the idle time begins anew with a ping and after a resume, and never ends without a timeout', async () => {
  const ada = await fleet.platform.newUser();
  const [idle, pinged, endless] = [await ada.sandbox({ timeout_sec: 1 }), await ada.sandbox({ timeout_sec: 2 }), await ada.sandbox()];
  await waitFor('the other one is paused', async () => {
    await ada.post(`/v1/sandboxes/${pinged.id}/ping`, undefined, 204);
    return (await status(ada, idle.id)) === 'paused';
  });
  expect(await status(ada, pinged.id)).toBe('running');
  await ada.post(`/v1/sandboxes/${idle.id}/resume`, undefined, 200);
  await becomes(ada, idle.id, 'paused');
  await becomes(ada, pinged.id, 'paused');
  await ada.refused('POST', `/v1/sandboxes/${pinged.id}/ping`, undefined, 409, 'invalid_state');
  expect(await status(ada, endless.id)).toBe('running');
});

test('SB-6: from every state a destroy ends in stopped, is recorded once, and can be repeated', async () => {
  const ada = await fleet.platform.newUser();
  const [running, paused, failed] = [await ada.sandbox(), await ada.sandbox(), await ada.sandbox()];
  await ada.post(`/v1/sandboxes/${paused.id}/pause`, undefined, 200);
  fleet.platform.sql(`UPDATE sandboxes SET status = 'error' WHERE id = '${uuid(failed.id)}'`);
  for (const { id } of [running, paused, failed]) {
    await Promise.all(Array.from({ length: 4 }, () => ada.delete(`/v1/sandboxes/${id}`, 204)));
    await becomes(ada, id, 'stopped');
    expect((await actions(ada, id)).filter((action) => action === 'destroy')).toEqual(['destroy']);
    expect(await host().holds(id)).toBeUndefined();
  }
});

test('SB-6: a host that loses, refuses or hangs is asked again later; one that is gone needs no asking', async () => {
  const ada = await fleet.platform.newUser();
  const [lost, refused, orphan] = [await ada.sandbox(), await ada.sandbox(), await ada.sandbox()];
  await host().fail({ method: 'DestroySandbox', fault: 'lose', count: 2 });
  await ada.delete(`/v1/sandboxes/${lost.id}`, 204);
  await becomes(ada, lost.id, 'stopped');
  await host().fail({ method: 'DestroySandbox', fault: 'refuse', count: 1 });
  await ada.delete(`/v1/sandboxes/${refused.id}`, 204);
  await becomes(ada, refused.id, 'stopped');
  expect(await host().holds(refused.id)).toBeUndefined();
  fleet.platform.sql(`UPDATE sandboxes SET host_id = NULL WHERE id = '${uuid(orphan.id)}'`);
  await ada.delete(`/v1/sandboxes/${orphan.id}`, 204);
  await becomes(ada, orphan.id, 'stopped');
});

test('SB-1: the same Idempotency-Key makes one sandbox, also when the requests are simultaneous', async () => {
  const ada = (await fleet.platform.newUser()).with({ 'Idempotency-Key': 'order-1' });
  const answers = await Promise.all(Array.from({ length: 5 }, () => ada.post('/v1/sandboxes', {})));
  const made = answers.filter((answer) => answer.status === 201);
  expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
  expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).toBe(true);
  expect((await ada.sandbox()).id).toBe(made[0].body.id);
  expect((await ada.get('/v1/sandboxes')).body.items.length).toBe(1);
});
