// SPDX-License-Identifier: Apache-2.0
// What an upgrade of QEMU does to templates: their memory images fit no more. The manifests are made to say so.
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

// Linked with the cache of other runs: replaced, not written to.
function pretendOtherQemu(template: string): void {
  const path = join(platform.state, 'templates', template, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  manifest.machine.qemu = '1.0.0 (long ago)';
  unlinkSync(path);
  writeFileSync(path, JSON.stringify(manifest));
}

test('a template whose memory fits no more is warmed again from its disk, a snapshot is refused with the reason', async () => {
  const first = await platform.create();
  await platform.sh(first.id, 'echo kept > /root/kept');
  const snapshot = await platform.api('POST', '/v1/snapshots', { sandbox_id: first.id, name: 'frozen' });
  await platform.destroy(first.id);
  const base = 'tpl-00000000-0000-4000-8000-000000000001';
  pretendOtherQemu(base);
  pretendOtherQemu(snapshot.id);
  const [agent] = platform.pids('sandbar-agent');
  process.kill(agent, 'SIGKILL');
  const variants = join(platform.state, 'templates', base, 'variants');
  await waitFor('it is warmed again', () => existsSync(variants) && readdirSync(variants).some((name) => existsSync(join(variants, name, 'manifest.json'))), 170_000);
  const again = await waitFor('sandboxes start again', () => platform.create(), 60_000);
  expect((await platform.sh(again.id, 'uname -s')).stdout).toBe('Linux\n');
  await platform.destroy(again.id);
  const refused = await platform.request('POST', '/v1/sandboxes', { template: 'frozen' });
  expect(refused.status).toBe(502);
  expect(await refused.text()).toMatch(/made for another machine/);
});
