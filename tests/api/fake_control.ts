// SPDX-License-Identifier: Apache-2.0
// A control that answers agents as a test tells it, with an authority of its own, and the way to call the agent as control
// does: Connect with JSON over mutual TLS.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Json } from './client';

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Answers 0 break the connection. */
type Status = number;

export class FakeControl {
  readonly host = `host-${randomUUID()}`;
  readonly beats: string[] = []; // tokens, as they came
  readonly refreshes: Json[] = [];
  /** What the next heartbeats and refreshes are answered with; without orders, what is right. */
  beatOrders: Status[] = [];
  refreshOrders: Status[] = [];
  loseRefreshAnswer = false;
  /** Every token is refused, so that agents renew all the time. */
  refuseAll = false;
  tokenLifetime = 604_800;
  token = '';
  private refreshToken = '';
  private server?: Server;
  private port = 0;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    openssl('req', '-x509', ...newKey, '-keyout', this.file('ca.key'), '-out', this.file('ca.pem'), '-subj', '/CN=test', '-days', '2');
    openssl('req', '-new', ...newKey, '-keyout', this.file('client.key'), '-out', this.file('client.csr'), '-subj', '/CN=control');
    this.sign('client', 'clientAuth');
  }

  private file = (name: string) => join(this.folder, name);
  private read = (name: string) => readFileSync(this.file(name), 'utf8');

  private sign(name: string, usage: string): string {
    writeFileSync(this.file('usage'), `extendedKeyUsage=${usage}\n`);
    openssl('x509', '-req', '-in', this.file(`${name}.csr`), '-CA', this.file('ca.pem'), '-CAkey', this.file('ca.key'), '-set_serial',
      `0x${randomBytes(15).toString('hex')}`, '-days', '2', '-extfile', this.file('usage'), '-out', this.file(`${name}.pem`));
    return this.read(`${name}.pem`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server = createServer((incoming, answer) => void this.answer(incoming, answer));
    this.server.keepAliveTimeout = 60_000;
    await new Promise<void>((done) => this.server!.listen(this.port, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Nobody listens any more. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server!.close(done));
    this.server!.closeAllConnections();
    await closed;
  }

  private issue(): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');
    this.token = `${part({ alg: 'none' })}.${part({ typ: 'host', iat: now, exp: now + this.tokenLifetime })}.${randomUUID()}`;
    return this.token;
  }

  private grant(csr: string, refreshToken: string): Json {
    this.refreshToken = refreshToken;
    writeFileSync(this.file('agent.csr'), csr);
    const certificate_pem = this.sign('agent', 'serverAuth');
    return { host: { id: this.host }, token: this.issue(), refresh_token: refreshToken, certificate_pem, ca_pem: this.read('ca.pem') };
  }

  private async answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const body = JSON.parse(Buffer.concat(pieces).toString() || '{}');
    const send = (status: Status, value: Json = { error: { code: status === 404 ? 'not_found' : 'refused', message: 'no' } }) => {
      if (status === 0) return void incoming.socket.destroy();
      answer.writeHead(status, { 'Content-Type': 'application/json' });
      answer.end(status === 204 ? undefined : JSON.stringify(value));
    };
    if (incoming.url === '/v1/hosts/register') return send(201, this.grant(body.csr, randomBytes(32).toString('hex')));
    if (incoming.url === '/v1/hosts/auth/refresh') return this.answerRefresh(body, send);
    const token = incoming.headers['x-host-token'] as string;
    this.beats.push(token);
    send(this.beatOrders.shift() ?? (token === this.token && !this.refuseAll ? 204 : 401));
  }

  private answerRefresh(body: Json, send: (status: Status, value?: Json) => void): void {
    this.refreshes.push(body);
    const status = this.refreshOrders.shift() ?? (body.refresh_token === this.refreshToken ? 200 : 401);
    if (status !== 200) return send(status);
    const grant = this.grant(body.csr, body.next_refresh_token);
    if (this.loseRefreshAnswer) this.loseRefreshAnswer = false;
    else return send(200, grant);
    send(0);
  }

  /** A call to the agent at that address. */
  call(address: string, method: string, body: Json = {}): Promise<Json> {
    const [host, port] = address.split(':');
    const options = {
      host, port, method: 'POST', path: `/sandbar.agent.v1.AgentService/${method}`, ca: this.read('ca.pem'), cert: this.read('client.pem'),
      key: this.read('client.key'), checkServerIdentity: () => undefined, headers: { 'Content-Type': 'application/json' }, agent: false as const,
    };
    return new Promise((done, fail) => {
      const sent = request(options, (answer) => {
        let text = '';
        answer.on('data', (piece) => (text += piece));
        answer.on('end', () => (answer.statusCode === 200 ? done(JSON.parse(text || '{}')) : fail(new Error(`${answer.statusCode} ${text}`))));
      });
      sent.on('error', fail);
      sent.end(JSON.stringify(body));
    });
  }
}
