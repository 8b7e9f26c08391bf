// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { program, waitFor } from '@sandbar/test-lib';
import { environment, newSandbox, sandbar } from './sandbar.js';

let id: string;
beforeAll(async () => {
  id = await newSandbox();
});
afterAll(async () => {
  await sandbar('rm', id);
});

/** `sandbar shell` in a terminal of its own: script(1) makes one. */
class Terminal {
  shown = '';
  readonly child: ChildProcess;

  constructor(command: string) {
    const env = { ...environment, TERM: 'xterm', SHELL: '/bin/sh' };
    this.child = spawn('script', ['-qefc', `stty cols 91 rows 27; exec '${program('sandbar')}' ${command}`, '/dev/null'], { env });
    this.child.stdout!.on('data', (piece) => (this.shown += piece));
  }

  type(keys: string): void {
    this.child.stdin!.write(keys);
  }

  see(text: string | RegExp): Promise<unknown> {
    return waitFor(`${text} on the screen`, () => {
      if (typeof text === 'string' ? this.shown.includes(text) : text.test(this.shown)) return true;
      throw new Error(this.shown);
    });
  }
}

test('a shell is a terminal of the window\'s size, and its exit code comes back', async () => {
  const terminal = new Terminal(`shell ${id} -- /bin/sh`);
  terminal.type("stty size; tty | sed 's/pts/is-a-tty/'\n");
  await terminal.see('27 91');
  await terminal.see('is-a-tty');
  terminal.type('exit 5\n');
  const [code] = await once(terminal.child, 'close');
  expect(code).toBe(5);
});

test('Ctrl-C goes to the program in the shell, not to us', async () => {
  const terminal = new Terminal(`shell ${id} -- /bin/sh`);
  terminal.type('echo before$((1+1)); sleep 100; echo after$((2+2))\n');
  await terminal.see('before2');
  terminal.type('\x03');
  await terminal.see(/\^C\s+# /); // what is typed earlier, the terminal drops
  terminal.type('echo still$((3+3))\n');
  await terminal.see('still6');
  expect(terminal.shown).not.toContain('after4');
  terminal.type('exit\n');
  await once(terminal.child, 'close');
});

test('without a terminal, shell says what to use instead', async () => {
  const { code, err } = await sandbar('shell', id);
  expect(code).toBe(2);
  expect(err).toContain('sandbar exec');
});
