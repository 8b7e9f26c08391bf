// SPDX-License-Identifier: Apache-2.0
// Traffic to the ports of sandboxes as a client of the outside sends it.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket as TcpSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort, waitFor } from '@sandbar/test-lib';
import WebSocket from 'ws';
import type { Client, Json } from './client';
import type { Platform } from './platform';

const service = fileURLToPath(new URL('services/service.mjs', import.meta.url));

export interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  json: Json;
  trailers: NodeJS.Dict<string>;
  /** It ended as it should. */
  whole: boolean;
}

interface Ask {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export function collect(response: IncomingMessage): Promise<Reply> {
  const pieces: Buffer[] = [];
  return new Promise((done) => {
    const end = () => {
      const text = Buffer.concat(pieces).toString();
      const { statusCode, headers, trailers, complete } = response;
      const isJson = headers['content-type']?.includes('json') && complete && text;
      done({ status: statusCode!, headers, text, json: isJson ? JSON.parse(text) : undefined, trailers, whole: complete });
    };
    response.on('data', (piece) => pieces.push(piece));
    response.on('end', end);
    response.on('error', end);
  });
}

/** One port of one sandbox, reached by its host name. */
export class Door {
  readonly host: string;

  constructor(
    readonly url: string,
    readonly id: string,
    readonly port: number | string,
    readonly headers: Record<string, string> = {},
  ) {
    const { port: listener } = new URL(url);
    this.host = `${port}-${id.replace(/^sb-|-/g, '')}.localhost:${listener}`;
  }

  with(headers: Record<string, string>): Door {
    return new Door(this.url, this.id, this.port, { ...this.headers, ...headers });
  }

  /** The answer's head; its body comes as it comes. */
  open({ method = 'GET', path = '/', headers = {}, body }: Ask = {}, host = this.host): Promise<IncomingMessage> {
    const { hostname, port } = new URL(this.url);
    const sent = { Host: host, Connection: 'close', ...this.headers, ...headers };
    return new Promise((done, fail) => {
      const outgoing = httpRequest({ hostname, port, method, path, headers: sent, agent: false });
      outgoing.on('response', done).on('error', fail);
      outgoing.end(body);
    });
  }

  async ask(ask: Ask = {}, host?: string): Promise<Reply> {
    return collect(await this.open(ask, host));
  }

  get = (path = '/', headers: Record<string, string> = {}) => this.ask({ path, headers });

  socket(path = '/', headers: Record<string, string> = {}): Promise<{ raw: WebSocket; messages: (string | Buffer)[] }> {
    const raw = new WebSocket(`${this.url.replace('http', 'ws')}${path}`, { headers: { Host: this.host, ...this.headers, ...headers } });
    const messages: (string | Buffer)[] = [];
    raw.on('message', (data: Buffer, isBinary) => messages.push(isBinary ? data : data.toString()));
    return new Promise((done, fail) => {
      raw.on('open', () => done({ raw, messages }));
      raw.on('unexpected-response', (_request, response) => fail(new Error(`status ${response.statusCode}`)));
      raw.on('error', fail);
    });
  }

  /** A connection on which bytes are sent as they are. */
  async raw(): Promise<{ tcp: TcpSocket; heard: () => string; ended: () => 'open' | 'closed' | 'reset' }> {
    const { hostname, port } = new URL(this.url);
    const tcp = connect(Number(port), hostname);
    let text = '';
    let state: 'open' | 'closed' | 'reset' = 'open';
    tcp.on('data', (piece) => (text += piece.toString('latin1')));
    tcp.on('error', () => (state = 'reset'));
    tcp.on('end', () => (state = 'closed'));
    await new Promise<void>((done) => tcp.on('connect', () => done()));
    return { tcp, heard: () => text, ended: () => state };
  }
}

/** Starts the service of services/service.mjs in a sandbox and waits until it listens. */
export async function serve(platform: Platform, client: Client, id: string, host = '127.0.0.1'): Promise<Door> {
  const port = await freePort();
  const request = { cmd: process.execPath, args: [service, String(port), host], background: true };
  await client.post(`/v1/sandboxes/${id}/exec`, request, 202);
  await waitFor('the service listens', () => answers(host, port));
  return new Door(platform.url, id, port);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const tcp = connect(port, host);
    tcp.on('connect', () => (tcp.destroy(), done(true)));
    tcp.on('error', () => done(false));
  });
}

export function header(raw: string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1].toLowerCase() === name.toLowerCase());
}
