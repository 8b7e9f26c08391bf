// SPDX-License-Identifier: Apache-2.0
// What the SDK does not ask for: tokens, signatures, broken requests, ranges, encodings, CORS, binary messages, limits.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGuest, type Guest } from './guest';

let guest: Guest;
beforeAll(async () => {
  guest = await startGuest();
});
afterAll(() => guest.stop());

const json = { 'Content-Type': 'application/json' };

async function call(method: string, body: unknown, headers: Record<string, string> = {}, url = guest.url) {
  const answer = await fetch(`${url}/${method}`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

function envelope(message: unknown, flags = 0): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

type Message = { event?: Record<string, any>; error?: { code: string; message: string } };

function messages(bytes: Buffer): Message[] {
  const out: Message[] = [];
  while (bytes.length > 0) {
    const end = 5 + bytes.readUInt32BE(1);
    out.push(JSON.parse(bytes.subarray(5, end).toString() || '{}'));
    bytes = bytes.subarray(end);
  }
  return out;
}

async function start(process: object, headers: Record<string, string> = {}, rest: object = {}, url = guest.url): Promise<Message[]> {
  const answer = await fetch(`${url}/process.Process/Start`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/connect+json', ...headers },
    body: envelope({ process, ...rest }),
  });
  expect(answer.status).toBe(200);
  return messages(Buffer.from(await answer.arrayBuffer()));
}

const shell = (script: string) => ({ cmd: '/bin/sh', args: ['-c', script] });
const basic = (user: string) => ({ Authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` });

function upload(path: string, body: BodyInit, headers: Record<string, string> = {}) {
  return fetch(`${guest.url}/files?path=${encodeURIComponent(path)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream', ...headers },
    body,
  });
}
const download = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${guest.url}/files?path=${encodeURIComponent(path)}`, { headers });

describe('starting commands', () => {
  it('answers start, output, end, and nothing else', async () => {
    const stream = await start(shell('printf hi'));
    expect(stream.map((m) => Object.keys(m.event ?? m)[0])).toEqual(['start', 'data', 'end', undefined]);
    expect(stream[1].event!.data).toEqual({ stdout: Buffer.from('hi').toString('base64') });
    expect(stream[2].event!.end).toEqual({ exitCode: 0, exited: true, status: 'exit status 0' });
  });

  it.each([
    ['a program that is not there', { cmd: '/no/such/program' }, 'not_found'],
    ['a name that PATH does not have', { cmd: 'no-such-name' }, 'not_found'],
    ['a file that may not be executed', { cmd: './plain-file' }, 'permission_denied'],
    ['nothing', { cmd: '' }, 'invalid_argument'],
    ['a NUL byte', { cmd: 'a\0b' }, 'invalid_argument'],
    ['a directory that is not there', { cmd: '/bin/true', cwd: '/no/such' }, 'invalid_argument'],
    ['an impossible variable', { cmd: '/bin/true', envs: { 'A=B': 'c' } }, 'invalid_argument'],
    ['too long arguments', { cmd: '/bin/true', args: ['x'.repeat(200_000)] }, 'invalid_argument'],
  ])('refuses %s with an error, not an exit code', async (_what, process, code) => {
    writeFileSync(join(guest.home, 'plain-file'), 'x', { mode: 0o644 });
    expect((await start(process)).at(-1)!.error?.code).toBe(code);
  });

  it('refuses users that do not exist', async () => {
    const stream = await start(shell('true'), basic('nobody-here'));
    expect(stream).toEqual([{ error: { code: 'unauthenticated', message: "invalid username: 'nobody-here'" }, metadata: expect.anything() }]);
  });

  it.runIf(process.getuid!() === 0)('runs as the user of the credentials, with its groups', async () => {
    const stream = await start({ ...shell('id -un; id -gn; echo $USER $HOME; cat /proc/self/oom_score_adj'), cwd: '/' }, basic('daemon'));
    const text = stream.map((m) => Buffer.from(m.event?.data?.stdout ?? '', 'base64').toString()).join('');
    expect(text).toBe(`daemon\ndaemon\ndaemon ${guest.home}\n100\n`);
  });

  it('ends a stream with deadline_exceeded and kills the process when its time is over', async () => {
    const stream = await start(shell('echo $$; exec sleep 1000'), { 'Connect-Timeout-Ms': '300' });
    expect(stream.at(-1)!.error?.code).toBe('deadline_exceeded');
    const pid = Buffer.from(stream[1].event!.data.stdout, 'base64').toString().trim();
    await waitFor('the process to be gone', () => !existsSync(`/proc/${pid}`));
  });

  it('speaks when a command is silent for long', async () => {
    const stream = await start(shell('sleep 1.3'), { 'Keepalive-Ping-Interval': '1' });
    expect(stream.filter((m) => m.event?.keepalive)).toHaveLength(1);
  });

  it('does not leave zombies', async () => {
    await start(shell('(sleep 0.05 &) ; exit 0'));
    await waitFor('no zombie', () => {
      const children = readFileSync(`/proc/${guest.process.pid}/task/${guest.process.pid}/children`, 'utf8').trim();
      return children === '' || children.split(' ').every((pid) => !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
    });
  });

  it('takes commands down with itself', async () => {
    const other = await startGuest();
    const stream = start(shell('echo $$ > pid; exec sleep 1000'), {}, {}, other.url).catch(() => undefined);
    const pid = await waitFor('the pid', () => existsSync(join(other.home, 'pid')) && readFileSync(join(other.home, 'pid'), 'utf8').trim());
    await other.stop();
    await stream;
    await waitFor('the command to be gone', () => !existsSync(`/proc/${pid}`));
  });

  it('reads input from a client stream', async () => {
    const running = start({ cmd: '/bin/cat' }, {}, { tag: 'input' });
    const selector = { tag: 'input' };
    await waitFor('the process', async () => (await call('process.Process/List', {})).body.processes?.some((p: any) => p.tag === 'input'));
    const data = (text: string) => envelope({ data: { input: { stdin: Buffer.from(text).toString('base64') } } });
    const answer = await fetch(`${guest.url}/process.Process/StreamInput`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/connect+json' },
      body: Buffer.concat([envelope({ start: { process: selector } }), data('one '), envelope({ keepalive: {} }), data('two')]),
    });
    expect(messages(Buffer.from(await answer.arrayBuffer()))).toEqual([{}, {}]);
    await call('process.Process/CloseStdin', { process: selector });
    const text = (await running).map((m) => Buffer.from(m.event?.data?.stdout ?? '', 'base64').toString()).join('');
    expect(text).toBe('one two');
  });

  it('answers errors of single calls as the protocol says', async () => {
    const nobody = { process: { pid: 4000000 } };
    for (const signal of ['SIGNAL_SIGINT', 'SIGNAL_SIGTERM', 'SIGNAL_SIGKILL'])
      expect(await call('process.Process/SendSignal', { ...nobody, signal })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await call('process.Process/SendInput', { ...nobody, input: { stdin: '' } })).toMatchObject({ status: 404 });
    expect(await call('process.Process/Update', nobody)).toMatchObject({ status: 404 });
    expect(await call('filesystem.Filesystem/GetWatcherEvents', { watcherId: 'x' })).toMatchObject({ status: 404 });
    expect(await call('filesystem.Filesystem/Stat', { path: '/' }, basic('nobody-here'))).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it('goes on with other clients when one reads nothing', async () => {
    const [host, port] = new URL(guest.url).host.split(':');
    const body = envelope({ process: shell('i=0; while [ $i -lt 400 ]; do head -c 65536 /dev/zero; i=$((i+1)); done; echo done > finished'), tag: 'flood' });
    const deaf = connect(Number(port), host);
    deaf.pause();
    deaf.write(`POST /process.Process/Start HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\nContent-Length: ${body.length}\r\n\r\n`);
    deaf.write(body);
    await waitFor('the process', async () => (await call('process.Process/List', {})).body.processes?.some((p: any) => p.tag === 'flood'));
    const answer = await fetch(`${guest.url}/process.Process/Connect`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/connect+json' },
      body: envelope({ process: { tag: 'flood' } }),
    });
    const stream = messages(Buffer.from(await answer.arrayBuffer()));
    expect(stream.at(-2)!.event!.end.exitCode).toBe(0);
    expect(existsSync(join(guest.home, 'finished'))).toBe(true);
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${guest.process.pid}/status`, 'utf8'))![1]);
    expect(resident).toBeLessThan(100_000);
    deaf.destroy();
  });
});

describe('watchers that are polled', () => {
  it('hand out what happened right before the question', async () => {
    mkdirSync(join(guest.home, 'polled'));
    const { watcherId } = (await call('filesystem.Filesystem/CreateWatcher', { path: 'polled', recursive: true })).body;
    writeFileSync(join(guest.home, 'polled/x'), '1');
    const { events } = (await call('filesystem.Filesystem/GetWatcherEvents', { watcherId })).body;
    expect(events).toContainEqual({ name: 'x', type: 'EVENT_TYPE_CREATE' });
    expect(events).toContainEqual({ name: 'x', type: 'EVENT_TYPE_WRITE' });
    expect((await call('filesystem.Filesystem/GetWatcherEvents', { watcherId })).body).toEqual({});
    expect(await call('filesystem.Filesystem/RemoveWatcher', { watcherId })).toEqual({ status: 200, body: {} });
    expect(await call('filesystem.Filesystem/RemoveWatcher', { watcherId })).toMatchObject({ status: 404 });
  });

  it('are bounded', async () => {
    const answers = [];
    for (let i = 0; i < 65; ++i) answers.push(await call('filesystem.Filesystem/CreateWatcher', { path: 'polled' }));
    expect(answers.at(-1)).toMatchObject({ status: 429, body: { code: 'resource_exhausted' } });
    for (const { body } of answers.slice(0, 64)) await call('filesystem.Filesystem/RemoveWatcher', { watcherId: body.watcherId });
  });
});

describe('downloads', () => {
  it('answer ranges and conditions', async () => {
    writeFileSync(join(guest.home, 'digits'), '0123456789');
    const part = await download('digits', { Range: 'bytes=2-4' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await download('digits', { Range: 'bytes=10-' })).status).toBe(416);
    const whole = await download('digits');
    expect(whole.headers.get('content-length')).toBe('10');
    const again = await download('digits', { 'If-None-Match': whole.headers.get('etag')! });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('are compressed only for those who want nothing else', async () => {
    const text = 'abc'.repeat(100_000);
    writeFileSync(join(guest.home, 'wordy'), text);
    expect((await download('wordy', { 'Accept-Encoding': 'gzip, deflate' })).headers.get('content-encoding')).toBe(null);
    const packed = await download('wordy', { 'Accept-Encoding': 'gzip, identity;q=0' });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(await packed.text()).toBe(text);
    expect((await download('wordy', { 'Accept-Encoding': 'br, identity;q=0' })).status).toBe(406);
  });

  it('say what cannot be read', async () => {
    expect([(await download('nothing')).status, await (await download('nothing')).json()]).toEqual([
      404,
      { code: 404, message: `path '${guest.home}/nothing' does not exist` },
    ]);
    expect((await download('')).status).toBe(400);
    expect((await download('/dev/zero')).status).toBe(400);
    expect((await fetch(`${guest.url}/files?path=x&username=nobody-here`)).status).toBe(401);
  });

  it('send large files whole', async () => {
    const bytes = Buffer.alloc(20 << 20, 'pattern');
    writeFileSync(join(guest.home, 'twenty'), bytes);
    expect(Buffer.from(await (await download('twenty')).arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe('uploads', () => {
  it('answer with exactly the files written', async () => {
    const answer = await upload('a/b', 'text');
    expect(await answer.json()).toEqual([{ path: join(guest.home, 'a/b'), name: 'b', type: 'file' }]);
    expect(statSync(join(guest.home, 'a/b')).mode & 0o777).toBe(0o644);
  });

  it('take several files of a form, by their whole file names', async () => {
    const form = new FormData();
    form.append('file', new Blob(['one']), 'form/1');
    form.append('note', 'ignored');
    form.append('file', new Blob(['two']), join(guest.home, 'form/2'));
    const answer = await fetch(`${guest.url}/files`, { method: 'POST', body: form });
    expect((await answer.json()).map((f: { name: string }) => f.name)).toEqual(['1', '2']);
    expect(readFileSync(join(guest.home, 'form/2'), 'utf8')).toBe('two');
  });

  it('stream any size, gzipped or not, without keeping it', async () => {
    const piece = Buffer.alloc(1 << 20, 'x');
    async function* pieces() {
      for (let i = 0; i < 100; ++i) yield piece;
    }
    const answer = await fetch(`${guest.url}/files?path=huge`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: pieces() as unknown as BodyInit,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(200);
    expect(statSync(join(guest.home, 'huge')).size).toBe(100 << 20);
    await upload('huge', new Uint8Array(gzipSync(Buffer.alloc(50 << 20))), { 'Content-Encoding': 'gzip' });
    expect(statSync(join(guest.home, 'huge')).size).toBe(50 << 20);
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${guest.process.pid}/status`, 'utf8'))![1]);
    expect(peak).toBeLessThan(100_000);
  });

  it.each([
    ['a directory', 'dir', 'x', {}, 400],
    ['a path below a file', 'plain/x', 'x', {}, 400],
    ['broken gzip', 'z', 'not gzip', { 'Content-Encoding': 'gzip' }, 400],
    ['an unknown encoding', 'z', 'x', { 'Content-Encoding': 'br' }, 415],
    ['an unknown type', 'z', 'x', { 'Content-Type': 'text/plain' }, 400],
    ['a form without end', 'z', '--b\r\n\r\nx', { 'Content-Type': 'multipart/form-data; boundary=b' }, 400],
    ['too much metadata', 'z', 'x', { 'X-Metadata-a': 'm'.repeat(5000) }, 400],
  ])('refuse %s', async (_what, path, body, headers, status) => {
    mkdirSync(join(guest.home, 'dir'), { recursive: true });
    writeFileSync(join(guest.home, 'plain'), '');
    const answer = await upload(path, body, headers as Record<string, string>);
    expect([answer.status, (await answer.json()).code]).toEqual([status, status]);
    expect(existsSync(join(guest.home, 'z'))).toBe(false);
  });

  it('leave nothing of a new file when the client goes away half way', async () => {
    const [host, port] = new URL(guest.url).host.split(':');
    const client = connect(Number(port), host);
    client.write(`POST /files?path=half HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 10000000\r\n\r\n`);
    client.write(Buffer.alloc(1_000_000));
    await waitFor('the file to appear', () => existsSync(join(guest.home, 'half')));
    client.destroy();
    await waitFor('the file to vanish', () => !existsSync(join(guest.home, 'half')));
  });

  it('are joined by compose', async () => {
    for (const [name, text] of [['p1', 'one'], ['p2', 'two']] as const) writeFileSync(join(guest.home, name), text);
    expect((await call('files/compose', { source_paths: ['p1', 'nothing'], destination: 'joined' })).status).toBe(404);
    const answer = await call('files/compose', { source_paths: ['p1', 'p2'], destination: 'joined' });
    expect(answer).toEqual({ status: 200, body: { path: join(guest.home, 'joined'), name: 'joined', type: 'file' } });
    expect(readFileSync(join(guest.home, 'joined'), 'utf8')).toBe('onetwo');
    expect(existsSync(join(guest.home, 'p1'))).toBe(false);
  });
});

describe('a guest with a token', () => {
  const token = 'secret-token';
  let locked: Guest;
  beforeAll(async () => {
    locked = await startGuest(['--token', token]);
    writeFileSync(join(locked.home, 'f'), 'content');
  });
  afterAll(() => locked.stop());

  const sign = (path: string, operation: string, expires?: number) =>
    `v1_${createHash('sha256').update([path, operation, '', token, ...(expires ? [expires] : [])].join(':')).digest('base64').replace(/=+$/, '')}`;

  it('lets nobody in without it but for its health', async () => {
    for (const path of ['metrics', 'envs', 'nothing']) expect((await fetch(`${locked.url}/${path}`)).status).toBe(401);
    for (const path of ['process.Process/List', 'filesystem.Filesystem/Stat', 'process.Process/Start', 'files/compose', 'warmup']) {
      const answer = await call(path, {}, {}, locked.url);
      expect([answer.status, answer.body.code]).toEqual([401, 401]);
    }
    expect((await fetch(`${locked.url}/health`)).status).toBe(204);
    expect((await call('process.Process/List', {}, { 'X-Access-Token': token }, locked.url)).status).toBe(200);
  });

  it('accepts signed URLs, once signed rightly and not expired', async () => {
    const get = async (query: Record<string, string>) => {
      const answer = await fetch(`${locked.url}/files?${new URLSearchParams({ path: 'f', ...query })}`);
      return answer.status === 200 ? answer.text() : (await answer.json()).message;
    };
    const now = Math.floor(Date.now() / 1000);
    expect(await get({})).toBe('missing signature query parameter');
    expect(await get({ signature: sign('f', 'read') })).toBe('content');
    expect(await get({ signature: sign('f', 'write') })).toBe('invalid signature');
    expect(await get({ signature: sign('f', 'read', now + 60), signature_expiration: `${now + 60}` })).toBe('content');
    expect(await get({ signature: sign('f', 'read', now - 60), signature_expiration: `${now - 60}` })).toBe('signature is already expired');
    expect(await get({ signature: sign('f', 'read'), signature_expiration: `${now + 60}` })).toBe('invalid signature');
  });

  it('is initialised anew only by who knows the token', async () => {
    const init = (body: object) => fetch(`${locked.url}/init`, { method: 'POST', headers: json, body: JSON.stringify(body) });
    expect((await init({ envVars: { A: 'b' } })).status).toBe(401);
    expect((await init({ accessToken: 'other' })).status).toBe(401);
    expect((await init({ accessToken: token, envVars: { A: 'b' }, sandboxId: 'x' })).status).toBe(204);
    const envs = await (await fetch(`${locked.url}/envs`, { headers: { 'X-Access-Token': token } })).json();
    expect(envs).toMatchObject({ A: 'b', E2B_SANDBOX: 'true', E2B_SANDBOX_ID: 'x' });
  });
});

describe('the door', () => {
  it('lets browsers of any origin in', async () => {
    const preflight = await fetch(`${guest.url}/process.Process/Start`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://x.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin'), preflight.headers.get('access-control-max-age')]).toEqual([204, '*', '7200']);
    const health = await fetch(`${guest.url}/health`, { headers: { Origin: 'http://x.example' } });
    expect([health.headers.get('access-control-allow-origin'), health.headers.get('cache-control')]).toEqual(['*', 'no-store']);
  });

  it('knows its routes and methods', async () => {
    expect((await fetch(`${guest.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${guest.url}/files`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${guest.url}/warmup`, { method: 'POST' })).status).toBe(204);
  });

  it('survives nonsense', async () => {
    for (const body of ['', '{', '[]', '{"process":[]}', 'null', '\0\0\0'])
      for (const method of ['process.Process/SendInput', 'filesystem.Filesystem/ListDir', 'filesystem.Filesystem/Move', 'init'])
        expect((await fetch(`${guest.url}/${method}`, { method: 'POST', headers: json, body })).status).toBeLessThan(500);
    const cut = await fetch(`${guest.url}/process.Process/Start`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/connect+json' },
      body: Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0x7b]),
    });
    expect(messages(Buffer.from(await cut.arrayBuffer()))[0].error).toBeTruthy();
    expect((await fetch(`${guest.url}/health`)).status).toBe(204);
  });
});
