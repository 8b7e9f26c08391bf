// SPDX-License-Identifier: Apache-2.0
// A client that believes nothing: every answer is checked against the OpenAPI document that the server itself serves.
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import WebSocket from 'ws';
import { Socket } from './socket';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

interface Operation {
  pattern: RegExp;
  method: string;
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

let operations: Operation[] = [];
let ajv: Ajv2020;
const validators = new Map<object, ValidateFunction>();

/** What has fields has no others. Errors may: a route can add details to them. */
function closed(components: Json): Json {
  const schemas: [string, Json][] = Object.entries<Json>(components.schemas).map(([name, schema]) => [
    name,
    schema.properties && !/^(ErrorView|ErrorBody|HostInUse)/.test(name) ? { ...schema, additionalProperties: false } : schema,
  ]);
  return { ...components, schemas: Object.fromEntries(schemas) };
}

export async function loadSchema(url: string): Promise<Json> {
  const document: Json = await (await fetch(`${url}/openapi.json`)).json();
  ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }) as never) as never;
  ajv.addSchema({ $id: 'api', components: closed(document.components) });
  validators.clear();
  operations = [];
  for (const [path, methods] of Object.entries<Json>(document.paths))
    for (const [method, operation] of Object.entries<Json>(methods)) {
      const source = path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]*');
      operations.push({ pattern: new RegExp(`^${source}$`), method: method.toUpperCase(), responses: operation.responses });
    }
  return document;
}

function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'));
}

/** Fails unless the document describes this answer to this request. */
function checkAnswer(method: string, path: string, answer: Answer): void {
  const fitting = operations.filter((one) => one.method === method && one.pattern.test(path));
  if (fitting.length === 0) return expect([404, 405]).toContain(answer.status);
  const described = fitting[0].responses[answer.status] ?? (answer.status >= 400 ? fitting[0].responses.default : undefined);
  expect(described, `${method} ${path} answered ${answer.status}, which its description lacks`).toBeDefined();
  checkType(`${method} ${path}`, Object.keys(described!.content ?? {}), answer);
  const schema = described!.content?.['application/json']?.schema;
  if (!schema) return;
  if (!validators.has(schema)) validators.set(schema, ajv.compile(absolute(schema)));
  const validate = validators.get(schema)!;
  if (!validate(answer.body)) expect.fail(`${method} ${path}: ${ajv.errorsText(validate.errors)} in ${shown(answer)}`);
}

const idForm = /^(sb|usr|team|key|host|htok|hrt|log|bld|perm|tpl|ses|inv|wh|whd)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const platformTeam = 'team-00000000-0000-0000-0000-000000000000';

/** Whatever is called an id in an answer has the form of one: a prefix and a random UUID. */
function checkIds(body: Json, path: string): void {
  if (Array.isArray(body)) return body.forEach((item) => checkIds(item, path));
  if (body === null || typeof body !== 'object' || Buffer.isBuffer(body)) return;
  for (const [name, value] of Object.entries<Json>(body)) {
    const isId = (name === 'id' || name.endsWith('_id') || name.endsWith('_ids')) && !notIds.has(name);
    if (isId) for (const id of [value].flat()) if (typeof id === 'string' && id !== platformTeam) expect(id, `${name} in ${path}`).toMatch(idForm);
    if (name !== 'metadata') checkIds(value, path);
  }
}

/** A request's id is the client's own if it sent one; a thing in the audit log may be a template, which has a name. */
const notIds = new Set(['request_id', 'resource_id', 'provider_id']);

/** An answer with a body is of a type that is described; one without has none. */
function checkType(what: string, described: string[], answer: Answer): void {
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  if (type) expect(described.includes('*/*') || described.includes(type), `${what} answered ${type}, not ${described}`).toBe(true);
  else expect(described, `${what} answered without a type`).toEqual([]);
}

function shown(answer: Answer): string {
  return `${answer.status} ${Buffer.isBuffer(answer.body) ? `${answer.body.length} bytes` : JSON.stringify(answer.body)}`;
}

async function bodyOf(response: Response): Promise<Json> {
  const type = response.headers.get('content-type') ?? '';
  if (/^application\/json(;|$)/.test(type)) return response.json();
  return type.startsWith('text/') ? response.text() : Buffer.from(await response.arrayBuffer());
}

export class Client {
  constructor(
    readonly url: string,
    private readonly headers: Record<string, string> = {},
    /** What signing up answered, and the password. */
    readonly account: Json = {},
  ) {}

  with(headers: Record<string, string>): Client {
    return new Client(this.url, { ...this.headers, ...headers }, this.account);
  }

  /** The same caller, at another address. */
  at(url: string): Client {
    return new Client(url, this.headers, this.account);
  }

  get allHeaders(): Record<string, string> {
    return this.headers;
  }

  /** Nobody, at the same server. */
  bare(): Client {
    return new Client(this.url);
  }

  async request(method: string, path: string, init: RequestInit = {}, status?: number): Promise<Answer> {
    const headers = { ...this.headers, ...(init.headers as Record<string, string>) };
    const response = await fetch(this.url + path, { method, ...init, headers });
    const answer = { status: response.status, headers: response.headers, body: await bodyOf(response) };
    checkAnswer(method, path.split('?')[0], answer);
    if (path.startsWith('/v1/')) checkIds(answer.body, path);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    if (status !== undefined && status !== answer.status) expect.fail(`${method} ${path}: expected ${status}, not ${shown(answer)}`);
    return answer;
  }

  private send(method: string, path: string, body: Json, status?: number): Promise<Answer> {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    return this.request(method, path, init, status);
  }

  get = (path: string, status?: number) => this.send('GET', path, undefined, status);
  delete = (path: string, status?: number) => this.send('DELETE', path, undefined, status);
  post = (path: string, body?: Json, status?: number) => this.send('POST', path, body, status);
  patch = (path: string, body: Json, status?: number) => this.send('PATCH', path, body, status);
  putJson = (path: string, body: Json, status?: number) => this.send('PUT', path, body, status);
  put = (path: string, body: string | Buffer | AsyncIterable<Buffer>, status?: number) =>
    this.request('PUT', path, { body, headers: { 'Content-Type': 'application/octet-stream' }, duplex: 'half' } as never, status);

  /** Expects an error with that status and code. */
  async refused(method: string, path: string, body: Json, status: number, code: string): Promise<Answer> {
    const answer = await this.send(method, path, body, status);
    expect(answer.body.error.code).toBe(code);
    expect(answer.body.error.request_id).toBe(answer.headers.get('x-request-id'));
    return answer;
  }

  socket(path: string, headers: Record<string, string> = this.headers): Promise<Socket> {
    return Socket.open(new WebSocket(this.url.replace('http', 'ws') + path, { headers }));
  }

  /** A running sandbox, as it was answered. */
  async sandbox(request: Json = {}): Promise<Json> {
    return (await this.post('/v1/sandboxes', request, 201)).body;
  }

  async exec(id: string, cmd: string, ...args: string[]): Promise<Json> {
    return (await this.post(`/v1/sandboxes/${id}/exec`, { cmd, args }, 200)).body;
  }
}
