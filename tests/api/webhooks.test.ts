// SPDX-License-Identifier: Apache-2.0
// Webhooks, with receivers that are real servers, and signatures that are checked by code of the documentation.
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repository, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const settings = {
  SANDBAR_WEBHOOK_ALLOW_CIDRS: '127.0.0.1/32',
  SANDBAR_WEBHOOK_ALLOW_HTTP: 'true',
  SANDBAR_WEBHOOK_PERIOD: '50ms',
  SANDBAR_AUDIT_SEAL_PERIOD: '50ms',
  SANDBAR_WEBHOOK_TIMEOUT: '700ms',
  SANDBAR_WEBHOOK_RETRY_BASE: '50ms',
  SANDBAR_WEBHOOK_ATTEMPTS: '3',
};
const platform = usePlatform({ hosts: 0, settings });

interface Received {
  headers: IncomingHttpHeaders;
  body: Buffer;
  event: Json;
}

type Reply = (response: ServerResponse, request: IncomingMessage, count: number) => void;
const ok: Reply = (response) => response.end('fine');
const status = (code: number): Reply => (response) => response.writeHead(code).end('no');

/** A server that keeps what it receives. */
class Receiver {
  readonly received: Received[] = [];
  reply = ok;
  private constructor(private readonly server: Server) {}

  static async start(reply = ok): Promise<Receiver> {
    const server = createServer(async (request, response) => {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      const body = Buffer.concat(pieces);
      receiver.received.push({ headers: request.headers, body, event: JSON.parse(body.toString()) });
      receiver.reply(response, request, receiver.received.length);
    });
    const receiver = new Receiver(server);
    receiver.reply = reply;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    receivers.push(receiver);
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/in`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  got(count: number): Promise<Received[]> {
    return waitFor(`${count} deliveries`, () => this.received.length >= count && this.received);
  }
}

const receivers: Receiver[] = [];
afterAll(() => receivers.forEach((receiver) => receiver.stop()));

const signatureBy = (secret: string, { headers, body }: Received) =>
  `sha256=${createHmac('sha256', secret).update(`${headers['sandbar-timestamp']}.`).update(body).digest('hex')}`;

async function webhookFor(client: Client, receiver: Receiver, ...events: string[]): Promise<Json> {
  return (await client.post('/v1/webhooks', { url: receiver.url, events }, 201)).body;
}

const makeKey = async (client: Client) => (await client.post('/v1/api-keys', { name: 'x' }, 201)).body.id as string;

async function deliveries(client: Client, webhook: Json, query = ''): Promise<Json[]> {
  return (await client.get(`/v1/webhooks/${webhook.id}/deliveries?limit=200${query}`, 200)).body.items;
}

/** The only delivery of the webhook, once it is in that status. */
const settled = (client: Client, webhook: Json, wanted: string): Promise<Json> =>
  waitFor(`the delivery is ${wanted}`, async () => {
    const [first] = await deliveries(client, webhook);
    return first?.status === wanted && first;
  });

async function memberOf(owner: Client, role = 'member'): Promise<Client> {
  const user = await platform.newUser('Bob');
  const { team_id } = owner.account;
  platform.sql(`INSERT INTO users_teams (user_id, team_id, role) SELECT id, '${team_id.slice(5)}', '${role}' FROM users WHERE email = '${user.account.email}'`);
  const { body } = await user.post('/v1/auth/switch-team', { team_id }, 200);
  return user.with({ Authorization: `Bearer ${body.token}` });
}

test('a chosen event arrives once, signed, with its ids and what happened', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, 'api_key.*');
  expect(webhook.secret).toMatch(/^whsec_[0-9a-f]{64}$/);
  const key = await makeKey(ada);
  await ada.delete(`/v1/api-keys/${key}`, 204);
  await receiver.got(2);
  const created = receiver.received.find(({ event }) => event.event === 'api_key.create')!;
  expect(created.event).toMatchObject({
    resource: { type: 'api_key', id: key }, actor: { type: 'user', name: 'Ada' }, status: 'success', metadata: { name: 'x' },
    team_id: ada.account.team_id,
  });
  expect(created.event.id).toMatch(/^log-/);
  expect(created.headers).toMatchObject({ 'content-type': 'application/json', 'sandbar-event': 'api_key.create' });
  expect(created.headers['sandbar-delivery']).toMatch(/^whd-/);
  expect(created.headers['sandbar-signature']).toBe(signatureBy(webhook.secret, created));
  expect(Math.abs(Date.now() / 1000 - Number(created.headers['sandbar-timestamp']))).toBeLessThan(60);
  await waitFor('both are delivered', async () => (await deliveries(ada, webhook, '&status=delivered')).length === 2);
  const shown = (await ada.get(`/v1/webhooks/${webhook.id}/deliveries/${created.headers['sandbar-delivery']}`, 200)).body;
  expect(shown).toMatchObject({ status: 'delivered', attempts: 1, response_status: 200, response_excerpt: 'fine', kind: 'event' });
  expect(shown.body).toBe(created.body.toString());
  expect(receiver.received).toHaveLength(2);
});

test('C20: deliveries are listed page by page, newest first, each once', async () => {
  const ada = await platform.newUser();
  const webhook = await webhookFor(ada, await Receiver.start(), 'x.y');
  const made = [];
  for (let i = 0; i < 5; ++i) made.unshift((await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202)).body.id);
  const seen = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { body } = await ada.get(`/v1/webhooks/${webhook.id}/deliveries?limit=2${cursor && `&cursor=${cursor}`}`, 200);
    seen.push(...body.items.map((item: Json) => item.id));
    cursor = body.next_cursor;
  }
  expect(seen).toEqual(made);
  for (let i = 0; i < 55; ++i) await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
  await ada.refused('POST', `/v1/webhooks/${webhook.id}/ping`, undefined, 429, 'rate_limited');
});

test("another team's events are not sent, and a webhook is not seen by others", async () => {
  const [ada, eve] = [await platform.newUser(), await platform.newUser('Eve')];
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, '*');
  await makeKey(eve);
  await makeKey(ada);
  await receiver.got(1);
  for (const { event } of receiver.received) expect(event.team_id).toBe(ada.account.team_id);
  expect((await eve.get('/v1/webhooks', 200)).body.items).toEqual([]);
  for (const [method, path, body] of [
    ['GET', '', undefined], ['PATCH', '', {}], ['DELETE', '', undefined], ['POST', '/rotate-secret', {}], ['POST', '/ping', undefined],
    ['GET', '/deliveries', undefined],
  ] as const)
    await eve.refused(method, `/v1/webhooks/${webhook.id}${path}`, body, 404, 'not_found');
});

test('W12: owners and admins manage webhooks, members read them without the secret, keys do not', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, '*');
  const [member, admin] = [await memberOf(ada), await memberOf(ada, 'admin')];
  const seen = (await member.get('/v1/webhooks', 200)).body.items[0];
  expect(seen).toMatchObject({ id: webhook.id, url: receiver.url });
  expect(seen.secret).toBeUndefined();
  expect((await ada.get(`/v1/webhooks/${webhook.id}`, 200)).body.secret).toBeUndefined();
  await member.refused('POST', '/v1/webhooks', { url: receiver.url, events: ['*'] }, 403, 'forbidden');
  for (const [method, path] of [['PATCH', ''], ['DELETE', ''], ['POST', '/rotate-secret'], ['POST', '/ping'], ['GET', '/deliveries']])
    await member.refused(method, `/v1/webhooks/${webhook.id}${path}`, method === 'GET' ? undefined : {}, 403, 'forbidden');
  await admin.patch(`/v1/webhooks/${webhook.id}`, { description: 'mine' }, 200);
  const key = (await ada.post('/v1/api-keys', {}, 201)).body.key;
  await platform.anonymous().with({ 'X-API-Key': key }).refused('GET', '/v1/webhooks', undefined, 401, 'unauthorized');
  await admin.delete(`/v1/webhooks/${webhook.id}`, 204);
  const audit = (await ada.get('/v1/audit-logs?resource_type=webhook', 200)).body.items;
  expect(audit.map((entry: Json) => entry.action)).toEqual(['delete', 'update', 'create']);
  expect(JSON.stringify(audit)).not.toContain('whsec_');
});

test('failures are tried again with growing waits, then given up, and can be replayed', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start((response, _request, count) => (count < 2 ? status(503) : ok)(response, _request, count));
  const webhook = await webhookFor(ada, receiver, 'api_key.create');
  await makeKey(ada);
  expect(await settled(ada, webhook, 'delivered')).toMatchObject({ attempts: 2, response_status: 200 });
  expect(receiver.received[0].headers['sandbar-delivery']).toBe(receiver.received[1].headers['sandbar-delivery']);
  receiver.reply = status(500);
  await makeKey(ada);
  const failed = await settled(ada, webhook, 'failed');
  expect(failed).toMatchObject({ attempts: 3, response_status: 500, response_excerpt: 'no', error: 'answered 500' });
  receiver.reply = ok;
  const path = `/v1/webhooks/${webhook.id}/deliveries/${failed.id}/replay`;
  const again = (await ada.post(path, undefined, 202)).body;
  expect(again).toMatchObject({ kind: 'replay', replay_of: failed.id, status: 'pending' });
  await settled(ada, webhook, 'delivered');
  const [last, first] = [receiver.received.at(-1)!, receiver.received[2]];
  expect(last.event).toEqual(first.event);
  expect(last.headers['sandbar-delivery']).toBe(again.id);
});

test('a receiver that hangs, drops the connection or redirects has failed, and holds up nobody', async () => {
  const ada = await platform.newUser();
  const fast = await Receiver.start();
  const hanging = await Receiver.start(() => {});
  const dropping = await Receiver.start((_response, request) => request.socket.destroy());
  const turning = await Receiver.start((response) => response.writeHead(302, { Location: fast.url }).end());
  const hooks: Json[] = [];
  for (const receiver of [hanging, dropping, turning]) hooks.push(await webhookFor(ada, receiver, 'api_key.create'));
  const good = await webhookFor(ada, fast, 'api_key.create');
  for (let i = 0; i < 8; ++i) await makeKey(ada);
  await fast.got(8);
  expect((await deliveries(ada, hooks[0])).some((row) => row.status === 'delivered')).toBe(false);
  const errors = [];
  for (const hook of hooks.slice(1)) errors.push((await settled(ada, hook, 'failed')).error);
  expect(errors[1]).toBe('answered 302: redirects are not followed');
  const late = await waitFor('a timeout is noted', async () => (await deliveries(ada, hooks[0])).find((row) => row.error));
  expect(late.error).toBe('no answer within 700 ms');
  await waitFor('all are delivered', async () => (await deliveries(ada, good, '&status=delivered')).length === 8);
  expect(fast.received).toHaveLength(8);
});

test('W12: nothing is sent into private networks, however the address is spelled', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const port = new URL(receiver.url).port;
  for (const host of ['127.0.0.2', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]', '0.0.0.0', '100.64.0.1', '2130706434', '0177.0.0.2'])
    await ada.refused('POST', '/v1/webhooks', { url: `http://${host}:${port}/`, events: ['*'] }, 400, 'invalid_request');
  for (const host of ['0x7f.2', 'nothing.invalid']) {
    const webhook = (await ada.post('/v1/webhooks', { url: `http://${host}:${port}/`, events: ['x.y'] }, 201)).body;
    await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
    const row = await waitFor('it is refused', async () => (await deliveries(ada, webhook)).find((one) => one.error));
    expect(row.error).toMatch(/must not reach|cannot be resolved/);
    expect(row.response_status).toBeUndefined();
    await ada.delete(`/v1/webhooks/${webhook.id}`, 204);
  }
  expect(receiver.received).toHaveLength(0);
});

test('W13: bad webhooks are refused with the field that is wrong', async () => {
  const ada = await platform.newUser();
  const url = 'https://hooks.example.org/';
  for (const [body, field] of [
    [{ events: ['*'] }, 'url'], [{ url, events: [] }, 'events'], [{ url, events: ['Sandbox'] }, 'events'], [{ url, events: 'x' }, 'events'],
    [{ url: 'ftp://example.org', events: ['*'] }, 'url'], [{ url: 'https://u@example.org', events: ['*'] }, 'url'],
    [{ url, events: Array(51).fill('a.b') }, 'events'], [{ url, events: ['*'], description: 'x'.repeat(201) }, 'description'],
    [{ url: `https://example.org/${'x'.repeat(2048)}`, events: ['*'] }, 'url'],
  ] as const) {
    const answer = await ada.refused('POST', '/v1/webhooks', body, 400, 'invalid_request');
    expect(answer.body.error.problems[0].field).toBe(field);
  }
  await ada.refused('GET', '/v1/webhooks/wh-x', undefined, 400, 'invalid_request');
  for (let i = 0; i < 20; ++i) await ada.post('/v1/webhooks', { url, events: ['a.b'] }, 201);
  await ada.refused('POST', '/v1/webhooks', { url, events: ['a.b'] }, 429, 'quota_exceeded');
});

test('a replaced secret signs at once, and the old one too until its time is over', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, 'x.y');
  const rotate = async (overlap_sec: number) =>
    (await ada.post(`/v1/webhooks/${webhook.id}/rotate-secret`, { overlap_sec }, 200)).body.secret as string;
  const second = await rotate(3600);
  expect(second).not.toBe(webhook.secret);
  await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
  await receiver.got(1);
  const [both] = receiver.received;
  expect(both.headers['sandbar-signature']).toBe(`${signatureBy(second, both)},${signatureBy(webhook.secret, both)}`);
  expect(both.event).toMatchObject({ event: 'webhook.ping', resource: { type: 'webhook', id: webhook.id } });
  const third = await rotate(0);
  await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
  await receiver.got(2);
  expect(receiver.received[1].headers['sandbar-signature']).toBe(signatureBy(third, receiver.received[1]));
  await ada.refused('POST', `/v1/webhooks/${webhook.id}/rotate-secret`, { overlap_sec: -1 }, 400, 'invalid_request');
  expect(platform.sql(`SELECT count(*) FROM webhooks WHERE secret LIKE '%whsec%' OR old_secret LIKE '%whsec%'`)).toBe('0');
});

test('a disabled webhook hears of nothing but pings; what it missed stays missed', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, 'api_key.create');
  expect((await ada.patch(`/v1/webhooks/${webhook.id}`, { enabled: false }, 200)).body.enabled).toBe(false);
  await makeKey(ada);
  await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
  await receiver.got(1);
  expect(receiver.received[0].event.event).toBe('webhook.ping');
  await waitFor('the entry is sealed', () => platform.sql(
    `SELECT count(*) FROM audit_logs l LEFT JOIN audit_chain c ON c.log_id = l.id WHERE c.seq IS NULL AND l.team_id = '${ada.account.team_id.slice(5)}'`) === '0');
  await ada.patch(`/v1/webhooks/${webhook.id}`, { enabled: true }, 200);
  const key = await makeKey(ada);
  await receiver.got(2);
  expect(receiver.received[1].event.resource.id).toBe(key);
});

test('a webhook that fails for days is disabled, and the audit log says so', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start(status(500));
  const webhook = await webhookFor(ada, receiver, 'api_key.create');
  await makeKey(ada);
  await settled(ada, webhook, 'failed');
  expect((await ada.get(`/v1/webhooks/${webhook.id}`, 200)).body).toMatchObject({ enabled: true, failing_since: expect.any(String) });
  platform.sql(`UPDATE webhooks SET failing_since = now() - interval '4 days' WHERE id = '${webhook.id.slice(3)}'`);
  await makeKey(ada);
  const disabled = await waitFor('it is disabled', async () => {
    const { body } = await ada.get(`/v1/webhooks/${webhook.id}`, 200);
    return !body.enabled && body;
  });
  expect(disabled.disabled_reason).toContain('too long');
  const [entry] = (await ada.get('/v1/audit-logs?resource_type=webhook&action=disable', 200)).body.items;
  expect(entry).toMatchObject({ actor_type: 'system', status: 'error', resource_id: webhook.id });
});

test('nothing is lost and nothing doubled when control is killed in the middle', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start((response) => setTimeout(() => response.end(), 20));
  const webhook = await webhookFor(ada, receiver, 'api_key.create');
  const keys: string[] = [];
  for (let i = 0; i < 40; ++i) keys.push(await makeKey(ada));
  await receiver.got(5);
  platform.control.kill();
  await platform.control.ended();
  await platform.startControl(settings);
  const back = ada.with({});
  await waitFor('every event arrives', () => new Set(receiver.received.map(({ event }) => event.resource.id)).size === keys.length);
  await waitFor('all are delivered', async () => (await deliveries(back, webhook, '&status=delivered')).length === keys.length);
  expect(await deliveries(back, webhook)).toHaveLength(keys.length);
  expect(new Set(receiver.received.map(({ headers }) => headers['sandbar-delivery'])).size).toBe(keys.length);
  expect(new Set(receiver.received.map(({ event }) => event.seq)).size).toBe(keys.length);
});

test('the code that the guide gives verifies a real delivery, and refuses a forged one', async () => {
  const ada = await platform.newUser();
  const receiver = await Receiver.start();
  const webhook = await webhookFor(ada, receiver, 'x.y');
  await ada.post(`/v1/webhooks/${webhook.id}/ping`, undefined, 202);
  const [{ headers, body }] = await receiver.got(1);
  const guide = readFileSync(join(repository, 'docs/guides/webhooks.md'), 'utf8');
  const block = (language: string) => guide.match(new RegExp('```' + language + '\\n([^]*?)```'))![1];
  const folder = temporaryFolder();
  const forged = Buffer.from(body.toString().replace('webhook', 'webhack'));

  const env = {
    PATH: process.env.PATH!, SECRET: webhook.secret, TIMESTAMP: headers['sandbar-timestamp'] as string,
    SIGNATURE: `sha256=00,${headers['sandbar-signature']}`,
  };
  const inShell = async (input: Buffer) => (await run('sh', ['-c', block('sh')], { env, input })).code;
  expect([await inShell(body), await inShell(forged)]).toEqual([0, 1]);

  writeFileSync(join(folder.path, 'verify.mjs'), block('js'));
  writeFileSync(join(folder.path, 'main.mjs'), `import { isFromSandbar } from './verify.mjs';
    import { readFileSync } from 'node:fs';
    console.log(isFromSandbar(process.env.SECRET, JSON.parse(process.env.HEADERS), readFileSync(0)));`);
  const inJavaScript = async (input: Buffer, more = {}) => {
    const all = { ...env, HEADERS: JSON.stringify({ ...headers, ...more }) };
    return (await run(process.execPath, [join(folder.path, 'main.mjs')], { env: all, input })).stdout.toString().trim();
  };
  expect([await inJavaScript(body), await inJavaScript(forged)]).toEqual(['true', 'false']);
  expect(await inJavaScript(body, { 'sandbar-timestamp': '1' })).toBe('false');

  const script = `${block('python')}
import json, os, sys
print(is_from_sandbar(os.environ["SECRET"], json.loads(os.environ["HEADERS"]), sys.stdin.buffer.read()))`;
  const inPython = async (input: Buffer) =>
    (await run('python3', ['-c', script], { env: { ...env, HEADERS: JSON.stringify(headers) }, input })).stdout.toString().trim();
  expect([await inPython(body), await inPython(forged)]).toEqual(['True', 'False']);
  folder.remove();
});
