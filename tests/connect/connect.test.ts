// SPDX-License-Identifier: Apache-2.0
// Our Connect server, called by a client that we did not write: JSON and binary, unary and streams, errors, deadlines.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { compressionGzip, createConnectTransport } from '@connectrpc/connect-node';
import { program, repository, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = temporaryFolder();
let server: ChildProcess;
let baseUrl: string;
let service: DescService;

/** The service as protoc describes it: no generated code is needed. */
async function loadService(): Promise<DescService> {
  const file = join(folder.path, 'process.bin');
  const protos = join(repository, 'proto');
  const compiled = await run('protoc', [`-I${protos}`, '--include_imports', `-o${file}`, 'process/process.proto']);
  expect(compiled.stderr.toString()).toBe('');
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
  const found = registry.getService('process.Process')!;
  (found.method.list as { idempotency: DescMethod['idempotency'] }).idempotency = 1; // NO_SIDE_EFFECTS: by GET
  return found;
}

function startServer(): Promise<string> {
  server = spawn(program('connect-test-server'), { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((done, fail) => {
    server.stdout!.once('data', (line) => done(`http://127.0.0.1:${Number(line)}`));
    server.once('exit', (code) => fail(new Error(`the server ended with ${code}`)));
  });
}

beforeAll(async () => {
  service = await loadService();
  baseUrl = await startServer();
});

afterAll(() => {
  server?.kill();
  folder.remove();
});

type Options = Partial<Parameters<typeof createConnectTransport>[0]>;

// Messages have no generated types here, hence `any`.
function client(options: Options = {}): any {
  return createClient(service, createConnectTransport({ baseUrl, httpVersion: '1.1', ...options } as never));
}

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('the call did not fail');
}

async function collect(stream: AsyncIterable<any>, into: any[] = []): Promise<any[]> {
  for await (const message of stream) into.push(message.event.event);
  return into;
}

describe.each([
  ['JSON', false],
  ['binary', true],
])('%s', (_name, useBinaryFormat) => {
  it('answers a unary call', async () => {
    const answer = await client({ useBinaryFormat }).list({}, { headers: { 'x-bytes': '5' } });
    expect(answer.processes[0].config.cmd).toBe('xxxxx');
  });

  it('answers an idempotent call by GET', async () => {
    const answer = await client({ useBinaryFormat, useHttpGet: true }).list({}, { headers: { 'x-bytes': '3' } });
    expect(answer.processes[0].config.cmd).toBe('xxx');
  });

  it('understands a compressed request', async () => {
    const gzip = { useBinaryFormat, sendCompression: compressionGzip, compressMinBytes: 0 };
    const error = await failure(client(gzip).sendInput({ input: { input: { case: 'stdin', value: Buffer.alloc(50_000) } } }));
    expect(error.rawMessage).toBe('50000');
  });

  it('streams messages in order and ends well', async () => {
    const args = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    const events = await collect(client({ useBinaryFormat }).start({ process: { cmd: 'x', args } }));
    expect(events[0]).toMatchObject({ case: 'start', value: { pid: 7 } });
    const lines = events.slice(1).map((event) => Buffer.from(event.value.output.value).toString());
    expect(lines).toEqual(args);
  });

  it('carries large messages and arbitrary bytes', async () => {
    const size = 3_000_000;
    const events = await collect(client({ useBinaryFormat }).start({}, { headers: { 'x-bytes': `${size}` } }));
    expect(Buffer.from(events[1].value.output.value).equals(Buffer.alloc(size, 0xff))).toBe(true);
    const answer = await client({ useBinaryFormat }).list({}, { headers: { 'x-bytes': `${size}` } });
    expect(answer.processes[0].config.cmd).toHaveLength(size);
  });

  it('maps every error, of a call and at the end of a stream', async () => {
    const wanted: [string, Code][] = [
      ['invalid_request', Code.InvalidArgument],
      ['unauthorized', Code.Unauthenticated],
      ['forbidden', Code.PermissionDenied],
      ['not_found', Code.NotFound],
      ['already_exists', Code.AlreadyExists],
      ['invalid_state', Code.FailedPrecondition],
      ['conflict', Code.Aborted],
      ['too_large', Code.OutOfRange],
      ['no_space', Code.ResourceExhausted],
      ['canceled', Code.Canceled],
      ['internal_error', Code.Internal],
      ['unknown', Code.Unknown],
      ['data_loss', Code.DataLoss],
      ['unimplemented', Code.Unimplemented],
      ['unavailable', Code.Unavailable],
      ['deadline_exceeded', Code.DeadlineExceeded],
    ];
    for (const [name, code] of wanted) {
      const headers = { 'x-error': name };
      const unary = await failure(client({ useBinaryFormat }).list({}, { headers }));
      expect([name, Code[unary.code], unary.rawMessage]).toEqual([name, Code[code], 'as you wish: ü']);
      const events: any[] = [];
      const streamed = await failure(collect(client({ useBinaryFormat }).start({}, { headers }), events));
      expect([name, Code[streamed.code], streamed.rawMessage]).toEqual([name, Code[code], 'as you wish: ü']);
      expect(events).toHaveLength(1);
    }
  });

  it('answers an exception with internal and keeps its text to itself', async () => {
    const error = await failure(client({ useBinaryFormat }).list({}, { headers: { 'x-throw': '1' } }));
    expect(error.code).toBe(Code.Internal);
    expect(error.message).not.toContain('asked to throw');
  });

  it('enforces the deadline of a call and of a stream', async () => {
    const headers = { 'x-sleep-ms': '60000' };
    const unary = await failure(client({ useBinaryFormat }).list({}, { headers, timeoutMs: 50 }));
    expect(unary.code).toBe(Code.DeadlineExceeded);
    const streamed = await failure(collect(client({ useBinaryFormat }).start({}, { headers, timeoutMs: 50 })));
    expect(streamed.code).toBe(Code.DeadlineExceeded);
  });

  it('refuses a request that is too large', async () => {
    const input = { input: { case: 'stdin', value: Buffer.alloc(2_000_000) } };
    const error = await failure(client({ useBinaryFormat }).sendInput({ input }));
    expect(error.code).toBe(Code.ResourceExhausted);
  });

  it('cancels the handler of a stream that its client leaves', async () => {
    const stop = new AbortController();
    const call = client({ useBinaryFormat }).start({}, { headers: { 'x-sleep-ms': '600000' }, signal: stop.signal });
    const iterator = call[Symbol.asyncIterator]();
    expect((await iterator.next()).value.event.event.case).toBe('start');
    expect((await client().list({})).processes[0].pid).toBe(1);
    stop.abort();
    expect((await failure(iterator.next())).code).toBe(Code.Canceled);
    await waitFor('the handler to end', async () => (await client().list({})).processes[0].pid === 0);
  });
});

it('says that it does not know a method', async () => {
  expect((await failure(client().sendSignal({}))).code).toBe(Code.Unimplemented);
});

it('answers many calls at once', async () => {
  const calls = Array.from({ length: 200 }, (_, i) => client().list({}, { headers: { 'x-bytes': `${i}` } }));
  const answers = await Promise.all(calls);
  expect(answers.map((answer) => answer.processes[0].config.cmd.length)).toEqual(calls.map((_, i) => i));
});
