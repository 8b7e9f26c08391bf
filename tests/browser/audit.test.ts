// SPDX-License-Identifier: Apache-2.0
// The audit log in the browser: who did what, found by filters that the address holds, page by page, as a file, and whether it is intact.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { repository } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Client, Json } from '../api/client';
import { usePlatform } from '../api/platform';
import { join, newKey, uuidOf } from '../api/team';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const platform = usePlatform({ settings: { SANDBAR_WEB: dashboard } });
const browsers = useBrowsers(() => platform.url);

interface Event {
  type: string;
  action: string;
  scope: string;
  status: string;
  resource: string;
}

/** Adds entries to the team's log, as done by the system. */
function insert(team: string, events: Event[]): void {
  const rest = { actor_type: 'system', actor_name: '', metadata: {}, source_ip: '', user_agent: '' };
  const entries = events.map(({ type, resource, ...event }) =>
    ({ ...event, ...rest, id: randomUUID(), team_id: uuidOf(team), resource_type: type, resource_id: resource }));
  platform.sql(`SELECT append_audit('${JSON.stringify(entries)}', NULL)`);
}

const some = (count: number, name: string): Event[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'sandbox', action: 'create', scope: 'team', status: 'info', resource: `${name}-${index}` }));

const rows = (window: Window) => window.page.getByTestId('audit').locator('tbody tr[data-row]');
const idsOf = (window: Window) => rows(window).evaluateAll((all) => all.map((row) => row.getAttribute('data-row')!));
const logOf = async (user: Client, query = ''): Promise<Json[]> => (await user.get(`/v1/audit-logs?limit=200&${query}`, 200)).body.items;

/** The cells of the row of that event, by the headers of their columns. */
async function entry(window: Window, event: string, resource: string): Promise<Record<string, string>> {
  const row = rows(window).filter({ has: window.page.getByRole('button', { name: event, exact: true }) }).filter({ hasText: resource });
  await row.waitFor();
  return (await entries(window, row))[0];
}

/** The text of the cells of all these rows, by their columns' headers. */
async function entries(window: Window, which = rows(window)): Promise<Record<string, string>[]> {
  const headers = await window.page.getByTestId('audit').getByRole('columnheader').allTextContents();
  const all = await which.evaluateAll((every) => every.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent!)));
  return all.map((cells) => Object.fromEntries(headers.map((header, index) => [header.trim(), cells[index].replace(/\s+/g, ' ').trim()])));
}

async function choose(window: Window, filter: string, ...options: string[]): Promise<void> {
  await window.page.getByRole('button', { name: new RegExp(`^${filter}(:|$)`) }).click();
  const menu = window.page.getByRole('menu', { name: filter });
  for (const option of options) await menu.getByRole('menuitemcheckbox', { name: option, exact: true }).click();
  await window.page.keyboard.press('Escape');
}

/** Clicks "Show more" until there is no more. */
async function showAll(window: Window, between = () => {}): Promise<void> {
  const more = window.page.getByRole('button', { name: 'Show more' });
  while (await more.isVisible()) {
    const before = await rows(window).count();
    between();
    await more.click();
    await expect.poll(() => rows(window).count()).toBeGreaterThan(before);
    await expect.poll(() => more.and(window.page.locator('[aria-busy]')).count()).toBe(0);
  }
}

test('U30, U31: what users, keys and the system do is there with who did it, to what, and how it ended', async () => {
  const ada = await platform.newUser('Ada Lovelace');
  const window = await browsers.of(whoIs(ada), '/dashboard/audit');
  await window.page.getByText('Nothing has happened yet').waitFor();
  const robot = await newKey(ada, { name: 'robot' });
  const { id } = await robot.client.sandbox();
  await robot.client.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  await ada.patch(`/v1/teams/${ada.account.team_id}`, { name: 'Analysts' }, 204);
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  const idle = await ada.sandbox({ timeout_sec: 1, on_timeout: 'pause' });

  // All of it comes to the page that is open.
  expect(await entry(window, 'Sandbox created', id)).toMatchObject({ Actor: 'robot key', Resource: id, Status: 'Success', Details: 'template: base' });
  expect(await entry(window, 'Sandbox paused', id)).toMatchObject({ Actor: 'robot key', Status: 'Success' });
  expect(await entry(window, 'Sandbox resumed', id)).toMatchObject({ Actor: 'Ada Lovelace', Status: 'Success' });
  expect(await entry(window, 'Sandbox destroyed', id)).toMatchObject({ Actor: 'Ada Lovelace', Status: 'Warning' });
  expect(await entry(window, 'API key created', robot.id)).toMatchObject({ Actor: 'Ada Lovelace', Resource: robot.id, Status: 'Success' });
  expect(await entry(window, 'Team renamed', ada.account.team_id)).toMatchObject({ Actor: 'Ada Lovelace', Status: 'Info' });
  expect(await entry(window, 'Sandbox paused', idle.id)).toMatchObject({ Actor: 'System', Status: 'Info' });
  const badge = rows(window).filter({ hasText: id }).filter({ hasText: 'Sandbox created' }).getByTitle('Done with an API key');
  expect(await badge.textContent()).toContain('key');

  await rows(window).getByRole('button', { name: 'Team renamed' }).click();
  const dialog = window.page.getByRole('dialog', { name: 'Team renamed' });
  expect(await dialog.getByRole('table', { name: 'Changes' }).locator('tbody tr').textContent()).toContain('Analysts');
  expect(await dialog.textContent()).toContain(ada.account.user_id);
});

test('U30: every event of the reference is shown with its resource and status', async () => {
  const ada = await platform.newUser();
  const reference = readFileSync(joinPath(repository, 'docs/reference/audit-events.md'), 'utf8');
  const events = [...reference.matchAll(/^\| `(\w+)` \| `(\w+)` \| (\w+) \| (\w+) \|/gm)].map(([, type, action, scope, status], index) =>
    ({ type, action, scope, status, resource: `thing-${index}.` }));
  expect(events.length).toBeGreaterThan(60);
  insert(ada.account.team_id, events);
  const window = await browsers.of(whoIs(ada), '/dashboard/audit?actor=system');
  await rows(window).first().waitFor();
  await showAll(window);
  const shown = await entries(window);
  const short = (one: Record<string, string>) => [one.Resource, one.Actor, one.Status.toLowerCase()];
  expect(shown.map(short).sort()).toEqual(events.map(({ resource, status }) => [resource, 'System', status]).sort());
  // Each in words of its own, not in those of the program.
  const words = shown.map((one) => one.Event);
  expect(words.filter((one) => !/^[A-Z][A-Za-z -]+$/.test(one))).toEqual([]);
  expect(new Set(words).size).toBe(new Set(events.map(({ type, action }) => `${type}.${action}`)).size);
});

test('U30: filters with several values stand in the address, and hold after a reload', async () => {
  const ada = await platform.newUser('Ada');
  const team = ada.account.team_id;
  const { id } = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await newKey(ada, { name: 'robot' });
  await ada.patch(`/v1/teams/${team}`, { name: 'Analysts' }, 204);
  insert(team, some(3, 'by-nobody'));
  const window = await browsers.of(whoIs(ada), '/dashboard/audit');
  const shows = async (query: string) => {
    const expected = (await logOf(ada, query)).map((one) => one.id);
    expect(expected.length).toBeGreaterThan(0);
    await expect.poll(() => idsOf(window)).toEqual(expected);
  };
  await choose(window, 'Resource', 'Sandbox', 'API key');
  await window.page.waitForURL(/\?resource=sandbox,api_key$/);
  await shows('resource_type=sandbox,api_key');
  await choose(window, 'Action', 'Create', 'Pause');
  await choose(window, 'Actor', 'Ada', 'System');
  await window.page.waitForURL((url) => url.search === `?resource=sandbox,api_key&action=create,pause&actor=${ada.account.user_id},system`);
  await shows(`resource_type=sandbox,api_key&action=create,pause&actor=${ada.account.user_id},system`);
  await window.page.reload();
  await shows(`resource_type=sandbox,api_key&action=create,pause&actor=${ada.account.user_id},system`);
  await choose(window, 'Actor', 'Ada');
  await choose(window, 'Resource', 'API key');
  await shows('resource_type=sandbox&action=create,pause&actor=system');
  await window.page.getByRole('button', { name: 'Clear filters' }).click();
  await window.page.waitForURL(/\/dashboard\/audit$/);
  await shows('');
  await window.page.getByRole('searchbox').fill('no such thing');
  await window.page.getByTestId('empty-filtered').waitFor();
  await window.page.waitForURL(/\?text=no(\+|%20)such(\+|%20)thing$/);
});

test('U30: members see what concerns the team, owners and admins all of it', async () => {
  const ada = await platform.newUser('Ada');
  const { account: { team_id } } = ada;
  const [mia, adam] = [await platform.newUser('Mia'), await platform.newUser('Adam')];
  await join({ id: team_id, owner: ada }, mia);
  await join({ id: team_id, owner: ada }, adam, 'admin');
  const { id } = await ada.sandbox();
  const at = async (user: Client): Promise<Window> => {
    const window = await browsers.of(whoIs(user));
    if (user !== ada) await window.switchTeam("Ada's Team");
    await window.sidebarLink('Audit log').click();
    await rows(window).filter({ hasText: id }).waitFor();
    return window;
  };
  const eventsIn = async (window: Window) => (await rows(window).getByRole('button').allTextContents()).map((one) => one.trim());
  for (const user of [ada, adam]) {
    const window = await at(user);
    expect(await eventsIn(window)).toEqual(expect.arrayContaining(['Member added', 'Member role changed', 'Sandbox created']));
    expect(await window.page.getByTestId('chain').count()).toBe(1);
  }
  const window = await at(mia);
  const admins = (await logOf(ada)).filter((one) => one.scope === 'admin').map((one) => one.id);
  const all = await idsOf(window);
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter((one) => admins.includes(one))).toEqual([]);
  expect(await eventsIn(window)).not.toContain('Member added');
  expect(await window.page.getByTestId('chain').count()).toBe(0);
});

test('U30: page after page, each entry comes once while others are written', async () => {
  const ada = await platform.newUser();
  const team = ada.account.team_id;
  insert(team, some(130, 'old'));
  const old = (await logOf(ada)).map((one) => one.id);
  const window = await browsers.of(whoIs(ada), '/dashboard/audit');
  await rows(window).first().waitFor();
  expect(await rows(window).count()).toBeLessThan(old.length);
  let written = 0;
  await showAll(window, () => insert(team, some(7, `new${++written}`)));
  expect(written).toBeGreaterThanOrEqual(2);
  await rows(window).filter({ hasText: `new${written}-6` }).waitFor(); // what is new comes by itself
  const shown = await idsOf(window);
  expect(new Set(shown).size).toBe(shown.length);
  const all = (await logOf(ada)).map((one) => one.id);
  expect(all).toHaveLength(old.length + 7 * written);
  await expect.poll(async () => (await idsOf(window)).length).toBe(all.length);
  expect(await idsOf(window)).toEqual(all);
});

test('what the filters show can be had as a file', async () => {
  const ada = await platform.newUser('=Ada');
  insert(ada.account.team_id, some(60, 'exported'));
  await ada.patch(`/v1/teams/${ada.account.team_id}`, { name: "O'Neil-Lab @ Home" }, 204);
  const window = await browsers.of(whoIs(ada), '/dashboard/audit?resource=sandbox,team');
  const download = async (format: string): Promise<{ name: string; text: string }> => {
    await window.page.getByRole('button', { name: 'Export the audit log' }).click();
    const [file] = await Promise.all([window.page.waitForEvent('download'), window.page.getByRole('menuitem', { name: format }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
  };
  const expected = (await logOf(ada, 'resource_type=sandbox,team')).map((one) => one.id).sort();
  const lines = await download('JSON lines');
  expect(lines.name).toMatch(/^audit-\d{4}-\d\d-\d\d\.jsonl$/);
  expect(lines.text.trim().split('\n').map((line) => JSON.parse(line).id).sort()).toEqual(expected);
  const table = await download('CSV');
  expect(table.name).toMatch(/\.csv$/);
  const [header, ...records] = table.text.trim().split('\n');
  expect(header).toContain('resource_type');
  expect(records).toHaveLength(expected.length);
  for (const id of expected) expect(table.text).toContain(id);
  expect(table.text).toContain("O'Neil-Lab @ Home");
});

test('the mark beside the title says that the chain is intact, and where it is not', async () => {
  const ada = await platform.newUser();
  const team = uuidOf(ada.account.team_id);
  insert(ada.account.team_id, some(8, 'sealed'));
  const verified = async (): Promise<Json> => (await ada.get('/v1/audit-logs/verify', 200)).body;
  await expect.poll(async () => (await verified()).unsealed).toBe(0);
  const window = await browsers.of(whoIs(ada), '/dashboard/audit');
  const mark = window.page.getByTestId('chain');
  await mark.and(window.page.locator('[data-chain="ok"]')).waitFor();
  expect(await mark.textContent()).toMatch(/Chain verified\s+\d+ entries/);
  platform.sql(`BEGIN; SET LOCAL session_replication_role = replica; UPDATE audit_logs SET actor_name = 'nobody'
    WHERE id = (SELECT log_id FROM audit_chain WHERE team_id = '${team}' AND seq = 4); COMMIT`);
  await mark.click();
  await mark.and(window.page.locator('[data-chain="broken"]')).waitFor();
  expect(await mark.textContent()).toContain('Chain broken at 4: an entry was changed');
});
