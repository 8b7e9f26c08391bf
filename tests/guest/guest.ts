// SPDX-License-Identifier: Apache-2.0
// One guest of its own for each test file: an ordinary process on a free port, with a fresh folder as everybody's home.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { program, temporaryFolder } from '@sandbar/test-lib';

export interface Guest {
  url: string;
  home: string;
  process: ChildProcess;
  stop: () => Promise<void>;
}

export async function startGuest(extra: string[] = []): Promise<Guest> {
  const folder = temporaryFolder('guest');
  const child = spawn(program('sandbar-guest'), ['--plain', '--listen', 'tcp:127.0.0.1:0', '--root', folder.path, ...extra], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const port = await portOf(child);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    folder.remove();
  };
  return { url: `http://127.0.0.1:${port}`, home: folder.path, process: child, stop };
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stderr! })) {
    const ready = / ready .*port=(\d+)/.exec(line);
    if (ready) {
      child.stderr!.resume();
      return Number(ready[1]);
    }
  }
  throw new Error('the guest ended before it was ready');
}
