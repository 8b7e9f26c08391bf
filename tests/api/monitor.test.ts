// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import { signedInAdmin } from './agents';
import type { Client, Json } from './client';
import { becomes, useFleet, type FakeHost } from './fleet';

const fleet = useFleet(2);
const uuid = (id: string) => id.slice(id.indexOf('-') + 1);
const nobody = 'sb-00000000-0000-4000-8000-0000000000aa';

/** A sandbox on that host. */
async function on(client: Client, host: FakeHost, request: Json = {}): Promise<Json> {
  for (;;) {
    const made = await client.sandbox(request);
    if (made.host_id === host.id) return made;
    await client.delete(`/v1/sandboxes/${made.id}`, 204);
  }
}

async function events(client: Client, id: string): Promise<string[]> {
  const { body } = await client.get('/v1/audit-logs?resource_type=sandbox', 200);
  return body.items.filter((one: Json) => one.resource_id === id).map((one: Json) => `${one.action}/${one.status}/${one.actor_type}`).reverse();
}

const hostEvents = (host: FakeHost, action: string) =>
  Number(fleet.platform.sql(`SELECT count(*) FROM audit_logs WHERE resource_id = '${host.id}' AND action = '${action}'`));

test('HT-3: a host tells with its heartbeats how its machine is called', async () => {
  const admin = await signedInAdmin(fleet.platform);
  for (const { id } of fleet.hosts) expect((await admin.get(`/v1/hosts/${id}`, 200)).body.hostname).toBe(hostname());
});

test('MO-1, MO-5, AU-5: what an agent has paused by itself is seen at the next look, and recorded for the system', async () => {
  const ada = await fleet.platform.newUser();
  const { id } = await ada.sandbox({ timeout_sec: 1 });
  const paused = await becomes(ada, id, 'paused');
  expect(paused.status_cause).toBe('idle for longer than its timeout');
  expect(await events(ada, id)).toEqual(['create/success/user', 'pause/info/system']);
});

test('MO-4, MO-6: a sandbox whose machine has vanished is stopped', async () => {
  const ada = await fleet.platform.newUser();
  const made = await ada.sandbox();
  await fleet.hostOf(made).endVm(made.id);
  await becomes(ada, made.id, 'stopped');
  expect((await events(ada, made.id)).at(-1)).toBe('stop/warning/system');
});

test('MO-6, C4: what runs without a row is destroyed after a grace period, and so is what its row calls stopped', async () => {
  const ada = await fleet.platform.newUser();
  const [unknown, stopped, failed] = [await ada.sandbox(), await ada.sandbox(), await ada.sandbox()];
  fleet.platform.sql(`DELETE FROM sandboxes WHERE id = '${uuid(unknown.id)}'`);
  fleet.platform.sql(`UPDATE sandboxes SET status = 'stopped', stopped_at = now() WHERE id = '${uuid(stopped.id)}'`);
  fleet.platform.sql(`UPDATE sandboxes SET status = 'error', last_updated = now() WHERE id = '${uuid(failed.id)}'`);
  for (const made of [unknown, stopped, failed])
    await waitFor('it is gone', async () => (await fleet.hostOf(made).holds(made.id)) === undefined);
});

test('MO-6: a host that lists ids which nobody knows harms no row, and is told to destroy them', async () => {
  const ada = await fleet.platform.newUser();
  const made = await ada.sandbox();
  const host = fleet.hostOf(made);
  await host.fail({ method: 'ListSandboxes', fault: 'lie', invent: [nobody] }, { method: 'DestroySandbox', fault: 'late', delay_ms: 0 });
  await waitFor('it was asked to destroy', async () => (await host.failpoints())[1].hits > 0);
  await host.heal();
  expect((await ada.get(`/v1/sandboxes/${made.id}`)).body.status).toBe('running');
});

test("a host that answers about another team's sandbox, or with nonsense about its own, changes neither", async () => {
  const [ada, eve] = [await fleet.platform.newUser(), await fleet.platform.newUser()];
  const [hers, own] = [await ada.sandbox({ timeout_sec: 600 }), await eve.sandbox({ timeout_sec: 500 })];
  const liar = fleet.hostOf(own);
  const timeouts = async () => [
    (await ada.get(`/v1/sandboxes/${hers.id}`)).body.timeout_sec,
    (await eve.get(`/v1/sandboxes/${own.id}`)).body.timeout_sec,
  ];
  await liar.fail({ method: 'SetTimeout', fault: 'lie', about: hers.id, timeout_s: 7 });
  await eve.refused('POST', `/v1/sandboxes/${own.id}/timeout`, {}, 502, 'agent_error');
  expect(await timeouts()).toEqual([600, 500]);
  await liar.fail({ method: 'SetTimeout', fault: 'lie', timeout_s: -1 });
  await eve.refused('POST', `/v1/sandboxes/${own.id}/timeout`, {}, 502, 'agent_error');
  expect(await timeouts()).toEqual([600, 500]);
  await Promise.all(fleet.hosts.map((host) => host.fail({ method: 'CreateSandbox', fault: 'lie', about: hers.id })));
  await eve.refused('POST', '/v1/sandboxes', {}, 502, 'agent_error');
  expect((await ada.get(`/v1/sandboxes/${hers.id}`)).body.status).toBe('running');
  await Promise.all(fleet.hosts.map((host) => host.heal()));
});

test('MO-3, MO-4, C2: a host that says nothing of a sandbox and later does: states follow full reports, not events', async () => {
  const ada = await fleet.platform.newUser();
  const made = await ada.sandbox();
  const host = fleet.hostOf(made);
  await host.fail({ method: 'ListSandboxes', fault: 'lie', claim: { [made.id]: 'paused' } });
  await becomes(ada, made.id, 'paused');
  await host.heal();
  await becomes(ada, made.id, 'running');
  expect((await events(ada, made.id)).slice(1)).toEqual(['pause/info/system', 'resume/info/system']);
});

test('MO-6, C5: a row that is stuck in its start becomes an error, and one stuck in a pause is settled by its host', async () => {
  const ada = await fleet.platform.newUser();
  const [starting, pending, pausing, resuming] = await Promise.all(Array.from({ length: 4 }, () => ada.sandbox()));
  await fleet.hostOf(starting).fail({ method: 'ListSandboxes', fault: 'lie', hide: [starting.id] });
  const old = "last_updated = now() - interval '1 hour'";
  fleet.platform.sql(`UPDATE sandboxes SET status = 'starting', ${old} WHERE id = '${uuid(starting.id)}';
    UPDATE sandboxes SET status = 'pending', host_id = NULL, ${old} WHERE id = '${uuid(pending.id)}';
    UPDATE sandboxes SET status = 'pausing', ${old} WHERE id = '${uuid(pausing.id)}';
    UPDATE sandboxes SET status = 'resuming', ${old} WHERE id = '${uuid(resuming.id)}'`);
  await becomes(ada, starting.id, 'error');
  await becomes(ada, pending.id, 'error');
  await becomes(ada, pausing.id, 'running');
  await becomes(ada, resuming.id, 'running');
  await fleet.hostOf(starting).heal();
  for (const gone of [starting, pending])
    await waitFor('nothing is left of it', async () => (await fleet.hostOf(gone).holds(gone.id)) === undefined);
});

test('MO-6, C3: sandboxes that are created, paused and resumed under a busy monitor are never stopped by it', async () => {
  const ada = await fleet.platform.newUser();
  for (const host of fleet.hosts) await host.fail({ method: 'ListSandboxes', fault: 'late', delay_ms: 100 });
  const ids = await Promise.all(Array.from({ length: 8 }, async () => {
    const { id } = await ada.sandbox();
    for (let i = 0; i < 3; ++i) {
      await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
      await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
    }
    return id;
  }));
  for (const host of fleet.hosts) await host.heal();
  const { items } = (await ada.get('/v1/sandboxes?limit=100')).body;
  expect(items.map((item: Json) => `${item.id} ${item.status}`).sort()).toEqual(ids.map((id) => `${id} running`).sort());
  const actions = fleet.platform.sql(`SELECT string_agg(DISTINCT action || '/' || actor_type, ' ' ORDER BY action || '/' || actor_type)
    FROM audit_logs WHERE team_id = '${uuid(ada.account.team_id)}' AND resource_type = 'sandbox'`);
  expect(actions).toBe('create/user pause/user resume/user');
});

test('MO-7: a host that hangs delays no other', async () => {
  const ada = await fleet.platform.newUser();
  const [hanging, healthy] = fleet.hosts;
  const made = await on(ada, healthy);
  await hanging.fail({ method: 'ListSandboxes', fault: 'hang' }, { method: 'ListTemplates', fault: 'hang' });
  await waitFor('it hangs', async () => (await hanging.failpoints())[0].hits > 0);
  await healthy.endVm(made.id);
  await becomes(ada, made.id, 'stopped');
  await hanging.heal();
});

test('MO-2, MO-3, AU-5, SB-8: a silent host is lost once and its sandboxes go missing; all come back with it', async () => {
  const ada = await fleet.platform.newUser();
  const [host, other] = fleet.hosts;
  const [running, kept, lost, elsewhere] = [await on(ada, host), await on(ada, host), await on(ada, host), await on(ada, other)];
  await ada.post(`/v1/sandboxes/${kept.id}/pause`, undefined, 200);
  const before = hostEvents(host, 'marked_down');
  await host.kill();
  await becomes(ada, running.id, 'missing');
  expect((await ada.get('/v1/sandboxes?status=missing')).body.items.length).toBe(2);
  expect((await ada.get(`/v1/sandboxes/${kept.id}`)).body.status).toBe('paused');
  expect((await ada.get(`/v1/sandboxes/${elsewhere.id}`)).body.status).toBe('running');
  for (const path of ['pause', 'resume', 'ping'])
    await ada.refused('POST', `/v1/sandboxes/${running.id}/${path}`, undefined, 409, 'invalid_state');
  await ada.refused('POST', `/v1/sandboxes/${running.id}/exec`, { cmd: 'true' }, 409, 'invalid_state');
  await ada.refused('GET', `/v1/sandboxes/${running.id}/files?path=a`, undefined, 409, 'invalid_state');
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: running.id }, 409, 'invalid_state');
  for (let i = 0; i < 4; ++i) expect((await ada.sandbox()).host_id).toBe(other.id);

  const answer = await ada.delete(`/v1/sandboxes/${lost.id}`, 204);
  expect(answer.status).toBe(204);
  expect((await ada.get(`/v1/sandboxes/${lost.id}`)).body.status).toBe('stopping');

  await host.start();
  await becomes(ada, running.id, 'running');
  await becomes(ada, lost.id, 'stopped');
  await waitFor('what was deleted meanwhile is gone', async () => (await host.holds(lost.id)) === undefined);
  expect((await ada.get(`/v1/sandboxes/${kept.id}`)).body.status).toBe('paused');
  expect(await events(ada, running.id)).toEqual(['create/success/user', 'missing/warning/system', 'restore/success/system']);
  expect(hostEvents(host, 'marked_down')).toBe(before + 1);
  expect(hostEvents(host, 'marked_up')).toBeGreaterThan(0);
});

test('MO-4, C1: an outage of control, longer than any threshold, loses nothing', async () => {
  const ada = await fleet.platform.newUser();
  const [running, pausedMeanwhile] = [await ada.sandbox(), await ada.sandbox({ timeout_sec: 1 })];
  fleet.platform.control.kill();
  await fleet.platform.control.ended();
  await waitFor('it is paused by its host', async () => (await fleet.hostOf(pausedMeanwhile).holds(pausedMeanwhile.id)) === 'paused');
  fleet.platform.sql("UPDATE hosts SET last_heartbeat_at = now() - interval '1 hour'");
  await fleet.platform.startControl(fleet.settings);
  await becomes(ada, pausedMeanwhile.id, 'paused');
  expect((await ada.get(`/v1/sandboxes/${running.id}`)).body.status).toBe('running');
  expect(await events(ada, running.id)).toEqual(['create/success/user']);
});

test('C13: an orderly stop of an agent pauses what runs there, and it can be resumed after the next start', async () => {
  const ada = await fleet.platform.newUser();
  const [host] = fleet.hosts;
  const made = await on(ada, host);
  await host.agent.stop();
  await host.start();
  const paused = await becomes(ada, made.id, 'paused');
  expect(paused.status_cause).toBe('its host was shut down');
  expect((await ada.post(`/v1/sandboxes/${made.id}/resume`, undefined, 200)).body.status).toBe('running');
});

test('HT-6: what a host paused because it had lost control stays paused, or runs again where that is wished', async () => {
  const ada = await fleet.platform.newUser();
  const host = await fleet.addHost({ SANDBAR_HEARTBEAT_INTERVAL: '100ms', SANDBAR_ISOLATION_FAILURES: '3' });
  const [ran, byHand] = [await on(ada, host), await on(ada, host)];
  await ada.post(`/v1/sandboxes/${byHand.id}/pause`, undefined, 200);
  fleet.platform.control.kill();
  await fleet.platform.control.ended();
  await waitFor('its host pauses it', async () => (await host.holds(ran.id)) === 'paused');
  await fleet.platform.startControl(fleet.settings);
  expect((await becomes(ada, ran.id, 'paused')).status_cause).toBe('its host had lost control');
  fleet.platform.control.kill();
  await fleet.platform.control.ended();
  await fleet.platform.startControl({ ...fleet.settings, SANDBAR_RESUME_AFTER_OUTAGE: '1m' });
  await becomes(ada, ran.id, 'running');
  expect((await ada.get(`/v1/sandboxes/${byHand.id}`)).body.status).toBe('paused');
  expect(await events(ada, ran.id)).toEqual(['create/success/user', 'pause/info/system', 'resume/success/system']);
});
