// SPDX-License-Identifier: Apache-2.0
// Pictures of every page in both themes, at 1280 and 390 px: SANDBAR_SCREENSHOTS=folder ./dev test browser -- screenshots
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from '../api/platform';
import { dashboard, desktop, phone, useBrowsers, whoIs, type Theme, type Window } from './browser';
import { adminPages, openPages, pagesOf, seed, type Seeded } from './pages';

const folder = process.env.SANDBAR_SCREENSHOTS;
const platform = new Platform();
let seeded: Seeded;
beforeAll(async () => {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await platform.start({ settings: { SANDBAR_WEB: dashboard } });
  seeded = await seed(platform);
});
afterAll(async () => {
  if (folder) await platform.stop();
});
const browsers = useBrowsers(() => platform.url);

const nameOf = (path: string): string =>
  path.replace(/[?#].*token.*/, '').replace(/sb-[0-9a-f-]{36}/, 'sandbox').replace(/host-[0-9a-f-]{36}/, 'host').replace(/^\//, '').replace(/[^a-z-]+/g, '_');

async function picture(window: Window, paths: string[], look: string): Promise<void> {
  for (const path of paths) {
    await window.open(path);
    await window.settled();
    await window.page.screenshot({ path: join(folder!, `${nameOf(path)}.${look}.png`), fullPage: true });
  }
}

const looks = (['light', 'dark'] as Theme[]).flatMap((theme) => [{ theme, viewport: desktop }, { theme, viewport: phone }]);

test.skipIf(!folder).each(looks)('$theme, $viewport.width px', async ({ theme, viewport }) => {
  const look = `${theme}-${viewport.width}`;
  await picture(await browsers.window({ theme, viewport }), openPages, look);
  await picture(await browsers.of(whoIs(seeded.owner), '/dashboard', { theme, viewport }), pagesOf(seeded), look);
  await picture(await browsers.of(platform.admin, '/admin/hosts', { theme, viewport }), adminPages, look);
  expect(folder).toBeTruthy();
}, 300_000);
