// SPDX-License-Identifier: Apache-2.0
// What updates do to templates: after one of QEMU their memory images fit no more, and one of Sandbar brings another guest
// program. The manifests are made to say so.
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from './platform.js';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(async () => {
  await platform?.stop();
});

const base = 'tpl-00000000-0000-4000-8000-000000000001';
const imageOf = (template: string) => join(platform.state, 'templates', template);

// Linked with the cache of other runs: replaced, not written to.
function rewriteManifest(image: string, change: (manifest: any) => void): void {
  const path = join(image, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  unlinkSync(path);
  writeFileSync(path, JSON.stringify(manifest));
}

const pretendOtherQemu = (template: string) =>
  rewriteManifest(imageOf(template), (manifest) => (manifest.machine.qemu = '1.0.0 (long ago)'));

const killAgent = () => process.kill(platform.pids('sandbar-agent')[0], 'SIGKILL');

const variantsOfBase = () => {
  const folder = join(imageOf(base), 'variants');
  return existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'manifest.json'))) : [];
};

test('a template whose memory fits no more is warmed again from its disk, a snapshot is refused with the reason', async () => {
  const first = await platform.create();
  await platform.sh(first.id, 'echo kept > ~/kept');
  const snapshot = await platform.api('POST', '/v1/snapshots', { sandbox_id: first.id, name: 'frozen' });
  await platform.destroy(first.id);
  pretendOtherQemu(base);
  pretendOtherQemu(snapshot.id);
  killAgent();
  await waitFor('it is warmed again', () => variantsOfBase().length > 0, 170_000);
  const again = await waitFor('sandboxes start again', () => platform.create(), 60_000);
  expect((await platform.sh(again.id, 'uname -s')).stdout).toBe('Linux\n');
  await platform.destroy(again.id);
  const refused = await platform.request('POST', '/v1/sandboxes', { template: 'frozen' });
  expect(refused.status).toBe(502);
  expect(await refused.text()).toMatch(/made for another machine/);
});

test('an update of Sandbar brings its guest program to templates, and what was paused before goes on with its own', async () => {
  const before = await platform.create();
  const older = platform.imageOf(before.id);
  await platform.sh(before.id, 'echo kept > ~/kept');
  await platform.api('POST', `/v1/sandboxes/${before.id}/pause`);
  rewriteManifest(older, (manifest) => (manifest.boot = 'an older guest program'));
  const known = variantsOfBase().length;
  killAgent();
  await waitFor('it is booted again', () => variantsOfBase().length > known, 170_000);
  const after = await waitFor('sandboxes start again', () => platform.create(), 60_000);
  expect(platform.imageOf(after.id)).not.toBe(older);
  expect((await platform.sh(after.id, 'cat /proc/1/comm; ls /usr/local/bin')).stdout).toBe('sandbar-guest\n');
  await platform.api('POST', `/v1/sandboxes/${before.id}/resume`);
  expect((await platform.sh(before.id, 'cat ~/kept')).stdout).toBe('kept\n');
  await Promise.all([platform.destroy(before.id), platform.destroy(after.id)]);
});
