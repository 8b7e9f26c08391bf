// SPDX-License-Identifier: Apache-2.0
// A browser that is as if on another machine: in a network of its own, from where one port of this machine is reached.
// Chromium drops its requests when a network link of its machine changes, as they do with every virtual machine.
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@sandbar/test-lib';
import { chromium } from './browser';

const forward = `
const { connect, createServer } = require('node:net');
const [port, path] = process.argv.slice(2);
createServer((near) => {
  const far = connect(path);
  for (const end of [near, far]) end.on('error', () => (near.destroy(), far.destroy()));
  near.pipe(far).pipe(near);
}).listen(Number(port), '127.0.0.1');
`;

const script = (node: string, folder: string, port: number) => `#!/bin/sh
exec unshare --net /bin/sh -c '
  ip link set lo up
  setpriv --pdeathsig KILL ${node} ${folder}/forward.cjs ${port} ${folder}/socket </dev/null >/dev/null 2>&1 &
  exec ${chromium} "$@"' chromium "$@"
`;

export class Apart {
  private readonly folder = temporaryFolder('sbapart');
  private server?: Server;

  /** The program to start in the browser's place. */
  readonly program = join(this.folder.path, 'chromium');

  /** `port`: of 127.0.0.1, here and there. */
  async start(port: number): Promise<void> {
    const { path } = this.folder;
    writeFileSync(join(path, 'forward.cjs'), forward);
    writeFileSync(this.program, script(process.execPath, path, port), { mode: 0o755 });
    this.server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const end of [near, far]) end.on('error', () => (near.destroy(), far.destroy()));
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((done) => this.server!.listen(join(path, 'socket'), done));
  }

  stop(): void {
    this.server?.close();
    this.folder.remove();
  }
}
