// SPDX-License-Identifier: Apache-2.0
// Hosts in the browser: register, watch, delete, for teams with machines of their own and for the platform.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client, Json } from '../api/client';
import { Fleet } from '../api/fleet';
import { inTeam } from '../api/team';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const fleet = new Fleet();
let ada: Client; // whose team has hosts of its own
let team: string;
beforeAll(async () => {
  await fleet.start(1, { SANDBAR_WEB: dashboard });
  ada = await fleet.platform.newUser('Ada');
  team = ada.account.team_id;
  await fleet.admin.putJson(`/v1/admin/teams/${team}/byoc`, { enabled: true }, 204);
});
afterAll(() => fleet.stop());
const browsers = useBrowsers(() => fleet.platform.url);

const hostOf = async (client: Client): Promise<Json> => (await client.post('/v1/hosts', { type: 'byoc', team_id: team }, 201)).body.host;
const rows = (window: Window) => window.page.getByTestId('hosts').locator('tbody tr');
const rowOf = (window: Window, id: string) => rows(window).filter({ hasText: id });
const running = (window: Window, selector: string) =>
  window.page.evaluate((where) => [...document.querySelectorAll(where)].filter((one) =>
    one.getAnimations({ subtree: true }).some((each) => each.playState === 'running' && each.effect?.getTiming().iterations === Infinity)).length, selector);

test('U1, U4: an owner registers a host, whose token is shown once', async () => {
  const { page } = await browsers.of(whoIs(ada), '/dashboard/byoc');
  await page.getByRole('button', { name: 'Register host' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name or provider').fill('Basement');
  const drawn = page.evaluate(() => new Promise((done) => document.addEventListener('animationend', (event) =>
    (event.target as Element).closest('[data-testid="secret-reveal"]') && done(true), true)));
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.url().endsWith('/v1/hosts') && one.request().method() === 'POST'),
    dialog.getByRole('button', { name: 'Register', exact: true }).click(),
  ]);
  expect(answer.status()).toBe(201);
  const { host, registration_token } = await answer.json();
  await page.getByTestId('secret-reveal').locator('code').filter({ hasText: registration_token }).waitFor();
  expect(await drawn).toBe(true);
  await page.getByTestId('secret-reveal').getByRole('button', { name: /copy/i }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(registration_token);
  await page.keyboard.press('Escape'); // which must not take away what is shown once
  await dialog.getByRole('button', { name: 'Done' }).click();
  await dialog.waitFor({ state: 'detached' });
  const first = page.getByTestId('hosts').locator('tbody tr').first();
  expect(await first.textContent()).toContain(host.id);
  expect(await first.textContent()).toContain('Pending');
  await page.reload();
  await page.getByTestId('hosts').locator('tbody tr').first().waitFor();
  expect(await page.content()).not.toContain(registration_token);
});

test('U2, U7: while hosts are awaited their rows shimmer, and nothing jumps when they come', async () => {
  await hostOf(ada);
  const window = await browsers.of(whoIs(ada));
  const { page } = window;
  const release = await window.hold(/\/v1\/hosts(\?|$)/);
  await page.getByRole('link', { name: 'BYOC hosts' }).click();
  const busy = page.locator('main [aria-busy="true"]').filter({ has: page.getByTestId('skeleton-row') });
  await busy.first().waitFor();
  expect(await page.getByTestId('skeleton-row').count()).toBeGreaterThanOrEqual(3);
  expect(await running(window, '[data-testid="skeleton-row"]')).toBeGreaterThanOrEqual(3);
  await page.evaluate(() => {
    Object.assign(globalThis, { shifts: 0 });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
      Object.assign(globalThis, { shifts: (globalThis as never as { shifts: number }).shifts + (entry as never as { value: number }).value })))
      .observe({ type: 'layout-shift' });
  });
  release();
  await rows(window).first().waitFor();
  await window.settled();
  expect(await page.getByTestId('skeleton-row').count()).toBe(0);
  expect(await page.evaluate(() => (globalThis as never as { shifts: number }).shifts)).toBeLessThan(0.05);
});

test('U7: a host that comes moves in once; those that are there do not move again', async () => {
  const window = await browsers.of(whoIs(ada), '/dashboard/byoc');
  await rows(window).first().waitFor();
  await window.page.evaluate(() => {
    Object.assign(globalThis, { entered: [] as string[] });
    document.addEventListener('animationstart', (event) => {
      const row = (event.target as Element).closest('tr');
      if (row === event.target) (globalThis as never as { entered: string[] }).entered.push(row!.textContent ?? '');
    }, true);
  });
  const host = await hostOf(ada);
  await rowOf(window, host.id).waitFor();
  await expect.poll(() => window.page.evaluate(() => (globalThis as never as { entered: string[] }).entered)).toHaveLength(1);
  expect((await window.page.evaluate(() => (globalThis as never as { entered: string[] }).entered))[0]).toContain(host.id);
  await fleet.platform.sql(`UPDATE hosts SET updated_at = now() WHERE team_id = '${team.slice(5)}'`);
  await hostOf(ada);
  await expect.poll(() => window.page.evaluate(() => (globalThis as never as { entered: string[] }).entered)).toHaveLength(2);
});

test('U3: the mark of an online host pulses, others are still, and nothing moves for those who want that', async () => {
  const marks = '[data-testid="hosts"] [data-state="online"]';
  const window = await browsers.of(fleet.platform.admin, '/admin/hosts?tab=platform');
  await rows(window).first().waitFor();
  expect(await running(window, marks)).toBe(1);
  fleet.platform.sql(`INSERT INTO hosts (id, type, status) VALUES (gen_random_uuid(), 'regular', 'unreachable')`);
  await window.page.locator('[data-testid="hosts"] [data-state="unreachable"]').waitFor();
  expect(await running(window, '[data-testid="hosts"] [data-state="unreachable"]')).toBe(0);
  const still = await browsers.of(fleet.platform.admin, '/admin/hosts?tab=platform', { reducedMotion: 'reduce' });
  await rows(still).first().waitFor();
  expect(await running(still, marks)).toBe(0);
});

test('U5, U6, U13: the platform sees its hosts and those of teams, counted, with the names of the teams', async () => {
  await hostOf(ada);
  const window = await browsers.of(fleet.platform.admin, '/admin/hosts?tab=byoc');
  const hosts: Json[] = (await fleet.admin.get('/v1/hosts', 200)).body.items;
  const byoc = hosts.filter((host) => host.type === 'byoc');
  await rows(window).first().waitFor();
  expect(await rows(window).count()).toBe(byoc.length);
  const [teamName] = (await ada.get('/v1/teams', 200)).body.items.map((one: Json) => one.name);
  expect(await rows(window).first().textContent()).toContain(teamName);
  const tab = (name: RegExp) => window.page.getByRole('tab', { name });
  expect(await tab(/BYOC/).textContent()).toContain(String(byoc.length));
  await tab(/Platform/).click();
  await expect.poll(() => rows(window).count()).toBe(hosts.length - byoc.length);
  const pill = (name: string) => window.page.getByTestId(`pill-${name}`).textContent();
  expect(await pill('total')).toContain(String(hosts.length - byoc.length));
  const pending = hosts.filter((host) => host.type === 'regular' && host.status === 'pending').length;
  expect(await pill('pending')).toContain(String(pending));
  await fleet.admin.post('/v1/hosts', { type: 'regular' }, 201);
  await expect.poll(() => pill('pending')).toContain(String(pending + 1));
});

test('U14: what a host takes with it is listed, and only the typed word lets it go', async () => {
  const admin = await inTeam(fleet.admin, fleet.platform.admin.team_id);
  const host = await fleet.addHost();
  await fleet.admin.post(`/v1/hosts/${fleet.hosts[0].id}/drain`, undefined, 200);
  const ids = [(await admin.sandbox()).id, (await admin.sandbox()).id].sort();
  const window = await browsers.of(fleet.platform.admin, '/admin/hosts?tab=platform');
  const { page } = window;
  await rowOf(window, host.id).getByTestId('host-actions').click();
  await page.getByRole('menuitem', { name: /Delete/ }).click();
  const dialog = page.getByRole('dialog');
  await expect.poll(async () => (await dialog.getByTestId('victims').locator('li').allTextContents()).map((one) => one.trim()).sort()).toEqual(ids);
  const confirm = dialog.getByRole('button', { name: /Destroy 2 sandboxes/ });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel(/Type delete/).fill('delete');
  const [request] = await Promise.all([page.waitForRequest((one) => one.method() === 'DELETE'), confirm.click()]);
  expect(request.url()).toContain(`/v1/hosts/${host.id}?force=true`);
  await rowOf(window, host.id).waitFor({ state: 'detached' });
  await fleet.admin.post(`/v1/hosts/${fleet.hosts[0].id}/undrain`, undefined, 200);
});

test('U14: a host without sandboxes goes with one click, and without force', async () => {
  const host = await hostOf(ada);
  const window = await browsers.of(whoIs(ada), '/dashboard/byoc');
  const { page } = window;
  await rowOf(window, host.id).getByTestId('host-actions').click();
  await page.getByRole('menuitem', { name: /Delete/ }).click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete host' });
  const [request] = await Promise.all([page.waitForRequest((one) => one.method() === 'DELETE'), confirm.click()]);
  expect(request.url()).not.toContain('force');
  await rowOf(window, host.id).waitFor({ state: 'detached' });
});

test('U15: a host that falls silent turns its sandboxes to Missing, and back, without a reload', async () => {
  const user = await fleet.platform.newUser('Grace');
  const sandbox = await user.sandbox();
  const window = await browsers.of(whoIs(user), '/dashboard/sandboxes');
  const mark = (state: string) => window.page.getByTestId('sandboxes').locator('tr').filter({ hasText: sandbox.id }).locator(`[data-state="${state}"]`);
  await mark('running').waitFor();
  const host = fleet.hostOf(sandbox);
  await host.kill();
  await mark('missing').waitFor({ timeout: 30_000 });
  expect(await mark('missing').textContent()).toContain('Missing');
  await host.start();
  await mark('running').waitFor({ timeout: 30_000 });
});
