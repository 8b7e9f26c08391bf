// SPDX-License-Identifier: Apache-2.0
// Sandboxes in the browser: found by filters in the address, made, paused one by one and many at once, live or while control is away, and by
// keys alone.
import { afterEach, expect, test } from 'vitest';
import type { Client, Json } from '../api/client';
import { useFleet } from '../api/fleet';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const fleet = useFleet(1, { SANDBAR_WEB: dashboard });
const browsers = useBrowsers(() => fleet.platform.url);
const host = () => fleet.hosts[0];
afterEach(() => host().heal());

const rows = (window: Window) => window.page.getByTestId('sandboxes').locator('tbody tr[data-row]');
const rowOf = (window: Window, { id }: Json) => rows(window).filter({ hasText: id });
const mark = (window: Window, sandbox: Json, state: string) => rowOf(window, sandbox).locator(`[data-state="${state}"]`);
const badge = (window: Window) => window.page.getByTestId('connection');
const idsIn = async (window: Window) => (await rows(window).evaluateAll((all) => all.map((row) => row.getAttribute('data-row')!))).sort();
const shows = (window: Window, ...sandboxes: Json[]) => expect.poll(() => idsIn(window)).toEqual(sandboxes.map((one) => one.id).sort());

/** The list, and the socket that brings changes to it. */
async function atList(user: Client, query = ''): Promise<Window> {
  const window = await browsers.of(whoIs(user), `/dashboard/sandboxes${query}`);
  await badge(window).filter({ hasText: 'Live' }).waitFor();
  return window;
}

async function chooseInMenu(window: Window, sandbox: Json, item: string): Promise<void> {
  await rowOf(window, sandbox).getByRole('button', { name: /^Actions for/ }).click();
  await window.page.getByRole('menuitem', { name: item }).click();
}

test('filters stand in the address, hold after a reload, and are cleared at once', async () => {
  const user = await fleet.platform.newUser();
  const [running, paused, other] = [await user.sandbox({ metadata: { purpose: 'notebook' } }), await user.sandbox({ metadata: { purpose: 'nightly' } }), await user.sandbox()];
  await user.post(`/v1/sandboxes/${paused.id}/pause`, undefined, 200);
  const { name } = (await user.post('/v1/snapshots', { sandbox_id: other.id, name: 'warm' }, 201)).body;
  const warm = await user.sandbox({ template: name });
  await user.delete(`/v1/sandboxes/${other.id}`, 204);
  const window = await atList(user);
  const at = (search: string) => window.page.waitForURL((url) => url.search === search);
  await shows(window, running, paused, warm);
  await window.page.getByTestId('chip-paused').click();
  await at('?state=paused');
  await shows(window, paused);
  await window.page.getByTestId('chip-stopped').click();
  await at('?state=paused,stopped');
  await shows(window, paused, other);
  await window.page.reload();
  await shows(window, paused, other);
  expect(await window.page.getByTestId('chip-stopped').getAttribute('aria-pressed')).toBe('true');
  await window.page.getByRole('searchbox', { name: 'Search sandboxes' }).fill('purpose=nightly');
  await at('?state=paused,stopped&q=purpose%3Dnightly');
  await shows(window, paused);
  await window.page.getByRole('searchbox', { name: 'Search sandboxes' }).fill('nothing of this kind');
  await window.page.getByTestId('empty-filtered').getByRole('button', { name: 'Clear filters' }).click();
  await at('');
  await shows(window, running, paused, warm);
  await window.page.getByLabel('Template', { exact: true }).selectOption(name);
  await at(`?template=${name}`);
  await shows(window, warm);
  await window.page.getByLabel('Template', { exact: true }).selectOption('base');
  await at('?template=base');
  await shows(window, running, paused);
  // What a live event moves out of a filter goes.
  await window.open('/dashboard/sandboxes?state=running');
  await shows(window, running, warm);
  await user.post(`/v1/sandboxes/${running.id}/pause`, undefined, 200);
  await shows(window, warm);
});

test('a search finds what lies beyond the rows that are loaded', async () => {
  const user = await fleet.platform.newUser();
  const oldest = await user.sandbox({ metadata: { purpose: 'needle' } });
  const team = user.account.team_id.replace('team-', '');
  fleet.platform.sql(`INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb, created_at, stopped_at)
    SELECT gen_random_uuid(), '${team}', 'base', 'stopped', 1, 512, 1024, now() + n * interval '1 ms', now() FROM generate_series(1, 1200) n`);
  const window = await atList(user, '?state=running,stopped&q=purpose%3Dneedle');
  await shows(window, oldest);
});

test('columns that are not wanted are gone, also after a reload, and come back', async () => {
  const user = await fleet.platform.newUser();
  await user.sandbox();
  const window = await atList(user);
  const header = window.page.getByRole('columnheader', { name: 'Template' });
  const choices = window.page.getByRole('menuitemcheckbox');
  const choose = async (name: string) => {
    await window.page.getByRole('button', { name: 'Columns of sandboxes' }).click();
    await choices.filter({ hasText: name }).click();
  };
  await header.waitFor();
  await choose('Template');
  await header.waitFor({ state: 'detached' });
  // The menu stays for further choices, until it is left.
  expect(await choices.filter({ hasText: 'Template' }).getAttribute('aria-checked')).toBe('false');
  await window.page.keyboard.press('Escape');
  await window.page.reload();
  await rows(window).first().waitFor();
  expect(await header.count()).toBe(0);
  await choose('Template');
  await header.waitFor();
});

test('many are paused at once, each with its own outcome, and those that failed once more', async () => {
  const user = await fleet.platform.newUser();
  const sandboxes = [await user.sandbox(), await user.sandbox(), await user.sandbox()];
  const window = await atList(user);
  await shows(window, ...sandboxes);
  await window.page.getByLabel('Select all rows').check();
  const bar = window.page.getByTestId('bulk-bar');
  expect(await bar.textContent()).toContain('3 selected');
  await host().fail({ method: 'PauseSandbox', fault: 'refuse', code: 'internal', count: 1 });
  await bar.getByRole('button', { name: 'Pause 3' }).click();
  const results = window.page.getByTestId('bulk-results');
  await results.getByRole('status').filter({ hasText: '2 paused, 1 failed' }).waitFor();
  const outcomes = (await results.locator('li').allTextContents()).map((one) => one.replace(/\s+/g, ' ').trim());
  expect(outcomes.map((one) => one.split(' ')[0]).sort()).toEqual(sandboxes.map((one) => one.id).sort());
  expect(outcomes.filter((one) => one.endsWith(' paused'))).toHaveLength(2);
  const failed = sandboxes.find(({ id }) => outcomes.some((one) => one.startsWith(id) && !one.endsWith(' paused')))!;
  await mark(window, failed, 'running').waitFor();
  expect(await bar.textContent()).toContain('1 selected'); // what is done is not chosen any more
  expect(await window.page.getByTestId('toast').count()).toBe(0); // nothing says that all went well
  await results.getByRole('button', { name: 'Try the failed again' }).click();
  await results.getByRole('status').filter({ hasText: '1 sandbox paused' }).waitFor();
  await expect.poll(() => rows(window).locator('[data-state="paused"]').count()).toBe(3);
});

test('a sandbox is made with the template, timeout and metadata that were chosen', async () => {
  const user = await fleet.platform.newUser();
  const window = await atList(user);
  const { page } = window;
  await page.getByRole('button', { name: 'New sandbox' }).first().click();
  await page.waitForURL(/\?create=base$/);
  const dialog = page.getByTestId('create-sandbox');
  await dialog.getByLabel('Template').selectOption('base');
  await dialog.getByLabel('Idle timeout').selectOption({ label: '1 hour' });
  await dialog.getByLabel('When idle').selectOption({ label: 'Destroy' });
  await dialog.getByRole('button', { name: 'Add metadata' }).click();
  await dialog.getByLabel('Metadata: name 1').fill('purpose');
  await dialog.getByLabel('Metadata: value 1').fill('<b>notes</b>');
  await dialog.getByLabel('vCPUs').fill('some');
  expect(await dialog.getByRole('button', { name: 'Create sandbox' }).isDisabled()).toBe(true);
  await dialog.getByLabel('vCPUs').fill('1');
  await dialog.getByRole('button', { name: 'Create sandbox' }).click();
  await dialog.waitFor({ state: 'detached' });
  await mark(window, { id: 'sb-' }, 'running').waitFor();
  const [made] = (await user.get('/v1/sandboxes', 200)).body.items;
  expect(made).toMatchObject({ template: 'base', vcpus: 1, timeout_sec: 3600, on_timeout: 'destroy', metadata: { purpose: '<b>notes</b>' } });
  await window.toast('Sandbox created').getByRole('button', { name: 'Open' }).click();
  await page.waitForURL(`**/dashboard/sandboxes/${made.id}/**`);
  await page.getByText('<b>notes</b>').waitFor(); // as it was typed
});

test('what happens through the API shows by itself', async () => {
  const user = await fleet.platform.newUser();
  const window = await atList(user);
  await window.page.evaluate(() => {
    Object.assign(globalThis, { isSamePage: true, seen: {} as Record<string, number> });
    new MutationObserver(() => {
      for (const row of document.querySelectorAll('tr[data-row]')) {
        const state = `${row.getAttribute('data-row')} ${row.querySelector('span[data-state]')?.getAttribute('data-state')}`;
        (globalThis as never as { seen: Record<string, number> }).seen[state] ??= Date.now();
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  const sandbox = await user.sandbox();
  const times: string[] = [];
  const appears = async (state: string) => {
    const answered = Date.now();
    const seen = () => window.page.evaluate((key) => (globalThis as never as { seen: Record<string, number> }).seen[key], `${sandbox.id} ${state}`);
    await expect.poll(seen).toBeGreaterThan(0);
    times.push(`${state} ${(await seen()) - answered} ms`);
  };
  await appears('running');
  await user.post(`/v1/sandboxes/${sandbox.id}/pause`, undefined, 200);
  await appears('paused');
  await user.post(`/v1/sandboxes/${sandbox.id}/resume`, undefined, 200);
  await mark(window, sandbox, 'running').waitFor();
  await user.delete(`/v1/sandboxes/${sandbox.id}`, 204);
  await rowOf(window, sandbox).waitFor({ state: 'detached' });
  expect(await window.page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
  console.log(`from the API's answer to the row: ${times.join(', ')}`);
});

test('a pause shows at once, and is taken back when the host refuses it', async () => {
  const user = await fleet.platform.newUser();
  const sandbox = await user.sandbox();
  const window = await atList(user);
  await host().fail({ method: 'PauseSandbox', fault: 'refuse', code: 'internal' });
  const release = await window.hold(/\/pause$/);
  await chooseInMenu(window, sandbox, 'Pause');
  await mark(window, sandbox, 'pausing').waitFor();
  expect((await user.get(`/v1/sandboxes/${sandbox.id}`, 200)).body.status).toBe('running'); // nobody has been asked yet
  release();
  const toast = window.toast('Pausing failed');
  await toast.waitFor();
  expect(await toast.textContent()).toMatch(/Request \S+/);
  await mark(window, sandbox, 'running').waitFor();
  await host().heal();
  await chooseInMenu(window, sandbox, 'Pause');
  await mark(window, sandbox, 'paused').waitFor();
  expect((await user.get(`/v1/sandboxes/${sandbox.id}`, 200)).body.status).toBe('paused');
});

test('a pause that does not reach control is taken back too', async () => {
  const user = await fleet.platform.newUser();
  const sandbox = await user.sandbox();
  const window = await atList(user);
  const release = await window.hold(/\/pause$/);
  await chooseInMenu(window, sandbox, 'Pause');
  await mark(window, sandbox, 'pausing').waitFor();
  await window.context.setOffline(true);
  await window.page.getByTestId('offline').waitFor();
  release();
  await window.toast('Pausing failed').filter({ hasText: 'The server cannot be reached' }).waitFor();
  await mark(window, sandbox, 'running').waitFor();
  await window.context.setOffline(false);
  await window.page.getByTestId('offline').waitFor({ state: 'detached' });
  expect((await user.get(`/v1/sandboxes/${sandbox.id}`, 200)).body.status).toBe('running');
});

test('the badge says Live, that the connection is lost while control is away, and Live again', async () => {
  const user = await fleet.platform.newUser();
  const sandbox = await user.sandbox();
  const window = await atList(user);
  await rowOf(window, sandbox).waitFor();
  await badge(window).evaluate((element) => {
    const statuses: string[] = [];
    Object.assign(globalThis, { statuses });
    new MutationObserver(() => statuses.push(element.getAttribute('data-status')!)).observe(element, { attributes: true, attributeFilter: ['data-status'] });
  });
  const { control } = fleet.platform;
  control.kill();
  await control.ended();
  await badge(window).filter({ hasText: 'Polling' }).waitFor();
  expect(await rowOf(window, sandbox).count()).toBe(1); // what was there still is
  await fleet.platform.startControl(fleet.settings);
  await badge(window).filter({ hasText: 'Live' }).waitFor({ timeout: 45_000 });
  const statuses = await window.page.evaluate(() => (globalThis as never as { statuses: string[] }).statuses);
  expect(statuses).toEqual(['reconnecting', 'polling', 'live']);
  await user.post(`/v1/sandboxes/${sandbox.id}/pause`, undefined, 200);
  await mark(window, sandbox, 'paused').waitFor();
}, 90_000);

test('where no socket comes through, the page asks again by itself', async () => {
  const user = await fleet.platform.newUser();
  const window = await browsers.window();
  await window.page.routeWebSocket(/\/v1\/events/, (socket) => socket.close());
  await window.signIn(whoIs(user), '/dashboard/sandboxes');
  await badge(window).filter({ hasText: 'Polling' }).waitFor();
  const sandbox = await user.sandbox();
  await mark(window, sandbox, 'running').waitFor({ timeout: 30_000 });
  await user.post(`/v1/sandboxes/${sandbox.id}/pause`, undefined, 200);
  await mark(window, sandbox, 'paused').waitFor({ timeout: 30_000 });
});

test('keys alone lead through the pages', async () => {
  const user = await fleet.platform.newUser();
  const [first, second] = [await user.sandbox(), await user.sandbox()];
  const window = await browsers.of(whoIs(user));
  const { page } = window;
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

  await press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  for (const key of ['Ctrl K', 'g s', 'j', '?']) await sheet.locator('kbd').getByText(key, { exact: true }).waitFor();
  await press('Escape');
  await sheet.waitFor({ state: 'detached' });

  await press('g', 's');
  await page.waitForURL('**/dashboard/sandboxes');
  await shows(window, first, second);
  await press('j', 'j', 'x'); // the newest is first
  await page.getByTestId('bulk-bar').filter({ hasText: '1 selected' }).waitFor();
  expect(await rowOf(window, first).getByRole('checkbox').isChecked()).toBe(true);
  await press('/');
  await page.keyboard.type('g s ?'); // letters, where somebody types
  await page.waitForURL((url) => url.searchParams.get('q') === 'g s ?');
  expect(await page.getByRole('dialog').count()).toBe(0);

  await press('Control+k');
  const palette = page.getByTestId('palette');
  await palette.getByRole('combobox').fill(first.id);
  await palette.getByRole('option', { name: first.id }).waitFor();
  await press('Enter');
  await page.waitForURL(`**/dashboard/sandboxes/${first.id}/overview`);
  await page.getByRole('heading', { level: 1, name: first.id }).waitFor();
});
