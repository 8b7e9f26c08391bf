// SPDX-License-Identifier: Apache-2.0
// What holds on every page: nothing that axe finds, in both themes and on a phone; no other origin; few nodes; nothing that jumps; and
// nothing that moves for those who asked for that.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Platform } from '../api/platform';
import { violations } from './axe';
import { dashboard, desktop, phone, useBrowsers, whoIs, type Look, type Window } from './browser';
import { adminPages, openPages, pagesOf, seed, type Seeded } from './pages';

const platform = new Platform();
let seeded: Seeded;
beforeAll(async () => {
  await platform.start({ settings: { SANDBAR_WEB: dashboard } });
  seeded = await seed(platform);
});
afterAll(() => platform.stop());
const browsers = useBrowsers(() => platform.url);

const looks: [string, Look][] = [
  ['light', { theme: 'light', viewport: desktop }],
  ['dark', { theme: 'dark', viewport: desktop }],
  ['phone', { theme: 'light', viewport: phone }],
];

/** Layout shifts that no click caused, summed up since the page began. */
const watchShifts = `globalThis.shifts = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) globalThis.shifts += e.value; })
  .observe({ type: 'layout-shift', buffered: true });`;

async function wrongWith(window: Window, path: string): Promise<string[]> {
  await window.open(path);
  await window.settled();
  const wrong = await violations(window.page);
  const nodes = await window.page.evaluate(() => document.querySelectorAll('*').length);
  if (nodes > 3000) wrong.push(`${nodes} nodes`);
  const shifts = await window.page.evaluate(() => (globalThis as unknown as { shifts: number }).shifts);
  if (shifts > 0.05) wrong.push(`its layout shifts by ${shifts.toFixed(3)}`);
  const wider = await window.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wider > 0) wrong.push(`it is ${wider} px wider than the window`);
  return wrong.map((what) => `${path}: ${what}`);
}

async function allWrong(window: Window, paths: string[]): Promise<string[]> {
  await window.context.addInitScript(watchShifts);
  const wrong: string[] = [];
  for (const path of paths) wrong.push(...(await wrongWith(window, path)));
  return wrong;
}

describe.each(looks)('%s', (_, look) => {
  test('pages for everybody', async () => {
    expect(await allWrong(await browsers.window(look), openPages)).toEqual([]);
  });

  test('pages of a team', async () => {
    expect(await allWrong(await browsers.of(whoIs(seeded.owner), '/dashboard', look), pagesOf(seeded))).toEqual([]);
  }, 300_000);

  test('pages of the platform', async () => {
    expect(await allWrong(await browsers.of(platform.admin, '/admin/hosts', look), adminPages)).toEqual([]);
  }, 180_000);
});

test('a first visit needs at most 30 requests', async () => {
  const visitor = await browsers.window();
  await visitor.open('/login');
  await visitor.settled();
  expect(visitor.requests.length).toBeLessThanOrEqual(30);
  const owner = await browsers.of(whoIs(seeded.owner), '/dashboard');
  await owner.settled();
  owner.requests.length = 0;
  await owner.open('/dashboard');
  await owner.settled();
  expect(owner.requests.length, owner.requests.join('\n')).toBeLessThanOrEqual(30);
});

test('who asked for less motion sees none', async () => {
  const window = await browsers.of(whoIs(seeded.owner), '/dashboard/sandboxes', { reducedMotion: 'reduce' });
  for (const path of ['/dashboard', '/dashboard/sandboxes', '/dashboard/byoc']) {
    await window.open(path);
    await window.settled();
    await expect.poll(() => window.page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length)).toBe(0);
  }
});

test('a page that does not exist says so inside the shell, and leads back', async () => {
  const window = await browsers.of(whoIs(seeded.owner));
  await window.open('/dashboard/no-such-page');
  await window.page.getByRole('heading', { level: 1 }).waitFor();
  expect(await window.page.getByRole('navigation').count()).toBeGreaterThan(0);
});
