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

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** When the largest part of the page was there, in ms since it was asked for. */
async function largestPaint(window: Window, path: string): Promise<number> {
  await window.open(path);
  await window.settled();
  return window.page.evaluate(() => new Promise<number>((done) => {
    new PerformanceObserver((list) => done(list.getEntries().at(-1)!.startTime)).observe({ type: 'largest-contentful-paint', buffered: true });
  }));
}

// How long that may be is for people to say: shared machines are too uneven for a limit.
test('what a visitor waits for: the largest part of a page, and a click that sorts 100 rows', async () => {
  const user = await platform.newUser();
  platform.sql(`INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb)
    SELECT gen_random_uuid(), '${user.account.team_id.slice('team-'.length)}', 'base', 'stopped', 1 + n % 16, 512, 1024 FROM generate_series(1, 100) n`);
  const window = await browsers.of(whoIs(user), '/dashboard/sandboxes');
  for (const path of ['/login', '/dashboard', '/dashboard/sandboxes?state=stopped']) {
    const paints: number[] = [];
    for (let run = 0; run < 5; run++) paints.push(await largestPaint(path === '/login' ? await browsers.window() : window, path));
    console.log(`largest contentful paint of ${path}: ${median(paints).toFixed(0)} ms`);
  }
  await window.page.evaluate(() => {
    const took: number[] = [];
    Object.assign(globalThis, { took });
    new PerformanceObserver((list) => took.push(...list.getEntries().filter((one) => one.name === 'click').map((one) => one.duration)))
      .observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const header = window.page.getByRole('columnheader', { name: 'vCPUs' });
  expect(await window.page.locator('tbody tr[data-row]').count()).toBe(100);
  for (const order of ['ascending', 'descending']) {
    await header.getByRole('button').click();
    await expect.poll(() => header.getAttribute('aria-sort')).toBe(order);
  }
  const clicks = await window.page.evaluate(() => (globalThis as never as { took: number[] }).took);
  console.log(`a click that sorts 100 rows, until the next paint: ${clicks.map((ms) => `${ms} ms`).join(', ') || 'less than 16 ms'}`);
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
