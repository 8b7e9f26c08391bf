// SPDX-License-Identifier: Apache-2.0
// Sandboxes whose guest program is not ours any more: nothing that it says or fails to say may cost anybody but its own
// callers, and those an error in time.
import { copyFileSync, linkSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program, temporaryFolder } from '@sandbar/test-lib';
import { afterAll, expect, test } from 'vitest';
import { usePlatform } from './platform';

/** The built programs, with the liar in the guest's place. The agent looks for the guest beside itself. */
function programsWithLiar(): { path: string; remove: () => void } {
  const folder = temporaryFolder('sbliar');
  for (const path of ['sandbar-control', 'sandbar-agent'].map(program)) {
    try {
      linkSync(path, join(folder.path, basename(path)));
    } catch {
      copyFileSync(path, join(folder.path, basename(path)));
    }
  }
  symlinkSync(fileURLToPath(new URL('lying_guest.mjs', import.meta.url)), join(folder.path, 'sandbar-guest'));
  return folder;
}

const honest = process.env.SANDBAR_BIN;
const folder = programsWithLiar();
process.env.SANDBAR_BIN = folder.path;
const platform = usePlatform();
afterAll(() => {
  process.env.SANDBAR_BIN = honest;
  folder.remove();
});

const lies: [string, number][] = [
  ['silence', 504], ['garbage', 502], ['endless head', 502], ['endless message', 502], ['wrong message', 502], ['no end', 503], ['two lengths', 502],
];

test.each(lies)('a guest that answers with %s costs its caller an error, and no one else anything', async (lie, status) => {
  const ada = await platform.newUser();
  const [liar, other] = await Promise.all([ada.sandbox({ env: { LIE: lie } }), ada.sandbox({ env: { LIE: 'no end' } })]);
  const exec = await ada.post(`/v1/sandboxes/${liar.id}/exec`, { cmd: 'true', timeout_sec: 1 });
  expect(exec.status, JSON.stringify(exec.body)).toBe(status);
  expect(exec.body.error.message).not.toMatch(/\/|unix|0x/);
  expect((await ada.get(`/v1/sandboxes/${other.id}`, 200)).body.status).toBe('running');
  for (const { id } of [liar, other]) await ada.delete(`/v1/sandboxes/${id}`, 204);
  expect(platform.agent!.isRunning && platform.control.isRunning).toBe(true);
});
