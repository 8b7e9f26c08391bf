// SPDX-License-Identifier: Apache-2.0
// The published E2B SDK, unmodified, in its debug mode (no control plane) against one guest.
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CommandExitError, FilesystemEventType, FileType, NotFoundError, Sandbox, TimeoutError } from 'e2b';
import { waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGuest, type Guest } from './guest';

let guest: Guest;
let sandbox: Sandbox;

beforeAll(async () => {
  guest = await startGuest();
  sandbox = await Sandbox.create({ debug: true, sandboxUrl: guest.url });
});
afterAll(() => guest.stop());

describe('commands', () => {
  it('gives output, error output and exit code', async () => {
    const result = await sandbox.commands.run('echo out; echo err >&2');
    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exitCode: 0 });
  });

  it('throws for a failing command with its code', async () => {
    const failure = await sandbox.commands.run('echo no >&2; exit 7').catch((error) => error);
    expect(failure).toBeInstanceOf(CommandExitError);
    expect(failure).toMatchObject({ exitCode: 7, stderr: 'no\n' });
  });

  it('passes environment and directory, and refuses a directory that is not there', async () => {
    mkdirSync(join(guest.home, 'there'));
    const result = await sandbox.commands.run('echo $GREETING $PWD $HOME', { envs: { GREETING: 'hej' }, cwd: 'there' });
    expect(result.stdout).toBe(`hej ${guest.home}/there ${guest.home}\n`);
    await expect(sandbox.commands.run('true', { cwd: '/no/such' })).rejects.toThrow("cwd '/no/such' does not exist");
  });

  it('streams output while the command runs', async () => {
    const seen: string[] = [];
    const handle = await sandbox.commands.run('echo one; read line; echo "two $line"', {
      background: true,
      stdin: true,
      onStdout: (text) => void seen.push(text),
    });
    await waitFor('the first line', () => seen.join('') === 'one\n');
    await sandbox.commands.sendStdin(handle.pid, 'more\n');
    expect((await handle.wait()).stdout).toBe('one\ntwo more\n');
  });

  it('closes the input when asked to', async () => {
    const handle = await sandbox.commands.run('cat; echo end', { background: true, stdin: true });
    await sandbox.commands.sendStdin(handle.pid, 'text ');
    await sandbox.commands.closeStdin(handle.pid);
    expect((await handle.wait()).stdout).toBe('text end\n');
  });

  it('loses nothing of large output in order', async () => {
    const result = await sandbox.commands.run('seq 1 300000');
    const lines = result.stdout.trimEnd().split('\n');
    expect(lines.length).toBe(300000);
    expect(lines.every((line, index) => line === String(index + 1))).toBe(true);
  });

  it('lists, kills and forgets a command', async () => {
    const handle = await sandbox.commands.run('sleep 1000', { background: true });
    expect((await sandbox.commands.list()).map((p) => p.pid)).toContain(handle.pid);
    expect(await sandbox.commands.kill(handle.pid)).toBe(true);
    await expect(handle.wait()).rejects.toMatchObject({ exitCode: -1 });
    expect(await sandbox.commands.kill(handle.pid)).toBe(false);
    await expect(sandbox.commands.run(`kill -0 ${handle.pid}`)).rejects.toBeInstanceOf(CommandExitError);
  });

  it('lets a second client join a running command and a late one learn its end', async () => {
    const handle = await sandbox.commands.run('read line; echo "got $line"; exit 5', { background: true, stdin: true });
    const joined = await sandbox.commands.connect(handle.pid);
    await sandbox.commands.sendStdin(handle.pid, 'x\n');
    await expect(joined.wait()).rejects.toMatchObject({ exitCode: 5, stdout: 'got x\n' });
    await expect(handle.wait()).rejects.toMatchObject({ exitCode: 5 });
    const late = await sandbox.commands.connect(handle.pid);
    await expect(late.wait()).rejects.toMatchObject({ exitCode: 5 });
  });

  it('kills a command whose time is over, and says so', async () => {
    await expect(sandbox.commands.run('echo $$ > pid; exec sleep 1000', { timeoutMs: 500 })).rejects.toBeInstanceOf(TimeoutError);
    const pid = readFileSync(join(guest.home, 'pid'), 'utf8').trim();
    await waitFor('the command to end', () => !existsSync(`/proc/${pid}`));
  });

  it('outlives its client when disconnected', async () => {
    const handle = await sandbox.commands.run('read line; echo done > survived', { background: true, stdin: true });
    await handle.disconnect();
    await sandbox.commands.sendStdin(handle.pid, '\n');
    await waitFor('the file', () => existsSync(join(guest.home, 'survived')));
  });

  it('runs fifty commands at once', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => sandbox.commands.run(`echo ${i}`)));
    expect(results.map((r) => r.stdout.trim())).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });
});

describe('terminals', () => {
  it('gives a shell with the size it was asked for, and resizes', async () => {
    let output = '';
    const decoder = new TextDecoder();
    const terminal = await sandbox.pty.create({ cols: 77, rows: 22, onData: (bytes) => void (output += decoder.decode(bytes)) });
    await sandbox.pty.sendInput(terminal.pid, new TextEncoder().encode('stty size; tty\n'));
    await waitFor('the size', () => output.includes('22 77') && /\/dev\/pts\/\d+/.test(output));
    await sandbox.pty.resize(terminal.pid, { cols: 133, rows: 44 });
    await sandbox.pty.sendInput(terminal.pid, new TextEncoder().encode('stty size\n'));
    await waitFor('the new size', () => output.includes('44 133'));
    await sandbox.pty.sendInput(terminal.pid, new TextEncoder().encode('exit 3\n'));
    await expect(terminal.wait()).rejects.toMatchObject({ exitCode: 3 });
  });

  it('can be killed', async () => {
    const terminal = await sandbox.pty.create({ cols: 80, rows: 24, onData: () => {} });
    expect(await sandbox.pty.kill(terminal.pid)).toBe(true);
    await expect(terminal.wait()).rejects.toMatchObject({ exitCode: -1 });
  });
});

describe('files', () => {
  it('writes and reads text, bytes and nothing', async () => {
    for (const [name, text] of [['a.txt', 'hej å'], ['b/c/d.txt', 'deep'], ['empty', '']] as const) {
      const info = await sandbox.files.write(name, text);
      expect(info).toMatchObject({ path: join(guest.home, name), type: FileType.FILE });
      expect(await sandbox.files.read(name)).toBe(text);
    }
    const bytes = new Uint8Array(3_000_000).map((_, i) => (i * 7919) & 255);
    await sandbox.files.write('large', bytes.buffer);
    expect(Buffer.from(await sandbox.files.read('large', { format: 'bytes' })).equals(Buffer.from(bytes))).toBe(true);
  });

  it('writes many at once, and gzipped', async () => {
    const infos = await sandbox.files.writeFiles([{ path: 'm/1', data: 'one' }, { path: 'm/2', data: 'two' }]);
    expect(infos.map((i) => i.name)).toEqual(['1', '2']);
    expect(await sandbox.files.read('m/2')).toBe('two');
    await sandbox.files.write('zipped', 'z'.repeat(100_000), { gzip: true });
    expect(readFileSync(join(guest.home, 'zipped'), 'utf8')).toBe('z'.repeat(100_000));
  });

  it('keeps metadata until the next upload', async () => {
    const info = await sandbox.files.write('meta', 'x', { metadata: { author: 'me' } });
    expect(info.metadata).toEqual({ author: 'me' });
    expect((await sandbox.files.getInfo('meta')).metadata).toEqual({ author: 'me' });
    await sandbox.files.write('meta', 'y');
    expect((await sandbox.files.getInfo('meta')).metadata ?? {}).toEqual({});
  });

  it('tells what a file is', async () => {
    await sandbox.files.write('info', '12345');
    symlinkSync(join(guest.home, 'info'), join(guest.home, 'link'));
    expect(await sandbox.files.getInfo('info')).toMatchObject({ name: 'info', type: 'file', size: 5, permissions: '-rw-r--r--', mode: 0o644 });
    expect(await sandbox.files.getInfo('link')).toMatchObject({ type: 'file', symlinkTarget: join(guest.home, 'info') });
    await expect(sandbox.files.getInfo('nothing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(sandbox.files.read('nothing')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('makes, lists, renames and removes', async () => {
    expect(await sandbox.files.makeDir('dir/sub')).toBe(true);
    expect(await sandbox.files.makeDir('dir/sub')).toBe(false);
    await sandbox.files.write('dir/sub/file', '');
    const names = async (depth: number) => (await sandbox.files.list('dir', { depth })).map((e) => e.path.slice(guest.home.length));
    expect(await names(1)).toEqual(['/dir/sub']);
    expect(await names(2)).toEqual(['/dir/sub', '/dir/sub/file']);
    await sandbox.files.rename('dir/sub', 'moved/here');
    expect(await sandbox.files.exists('dir/sub')).toBe(false);
    expect(await sandbox.files.exists('moved/here/file')).toBe(true);
    await sandbox.files.remove('moved');
    await sandbox.files.remove('moved');
    expect(existsSync(join(guest.home, 'moved'))).toBe(false);
    await expect(sandbox.files.list('nothing')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('watches a directory, and what is made below it later', async () => {
    await sandbox.files.makeDir('watched');
    await sandbox.files.write('watched/old', '1');
    const events: { type: FilesystemEventType; name: string }[] = [];
    const watch = await sandbox.files.watchDir('watched', (event) => void events.push(event), { recursive: true });
    const seen = (type: FilesystemEventType, name: string) => () => events.some((e) => e.type === type && e.name === name);
    await sandbox.files.write('watched/old', '2');
    await waitFor('the write', seen(FilesystemEventType.WRITE, 'old'));
    await sandbox.files.makeDir('watched/new');
    await sandbox.files.write('watched/new/file', 'x');
    await waitFor('the nested write', seen(FilesystemEventType.WRITE, 'new/file'));
    await sandbox.files.rename('watched/old', 'watched/young');
    await waitFor('the rename', seen(FilesystemEventType.RENAME, 'old'));
    await sandbox.files.remove('watched/young');
    await waitFor('the removal', seen(FilesystemEventType.REMOVE, 'young'));
    await watch.stop();
    await expect(sandbox.files.watchDir('nothing', () => {})).rejects.toBeInstanceOf(NotFoundError);
  });

  it('describes the entry with an event when asked to', async () => {
    await sandbox.files.makeDir('described');
    const events: { entry?: { path: string } }[] = [];
    const watch = await sandbox.files.watchDir('described', (event) => void events.push(event), { includeEntry: true });
    await sandbox.files.write('described/x', 'x');
    await waitFor('an entry', () => events.some((e) => e.entry?.path === join(guest.home, 'described/x')));
    await watch.stop();
  });
});

it('is running, and has metrics', async () => {
  expect(await sandbox.isRunning()).toBe(true);
  const metrics = await (await fetch(`${guest.url}/metrics`)).json();
  expect(metrics.mem_total).toBeGreaterThan(metrics.mem_used);
});
