// SPDX-License-Identifier: Apache-2.0
// Who sees and reaches what: hosts of a team's own, the platform's pages, and what needs a team.
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from '../api/client';
import { usePlatform } from '../api/platform';
import { newTeam } from '../api/team';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_WEB: dashboard } });
let admin: Client;
beforeAll(async () => void (admin = await platform.signInAdmin()));
const browsers = useBrowsers(() => platform.url);

const enableByoc = (team: string) => admin.putJson(`/v1/admin/teams/${team}/byoc`, { enabled: true }, 204);
const byocItem = (window: Window) => window.sidebarLink('BYOC hosts');

async function inCrew(user: Client): Promise<Window> {
  const window = await browsers.of(whoIs(user));
  await window.switchTeam('Crew');
  return window;
}

async function teamless(): Promise<Client> {
  const user = await platform.newUser('Lone');
  await user.delete(`/v1/teams/${user.account.team_id}`, 204);
  return user;
}

test('U8: the platform’s pages have a sidebar of their own, with an accent bar, a badge and the way back', async () => {
  const { page } = await browsers.of(platform.admin, '/admin/hosts');
  const sidebar = page.getByRole('complementary', { name: 'Admin' });
  const bar = await sidebar.getByTestId('accent-bar').evaluate((element) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.background = 'var(--accent-text)';
    const accent = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return { accent, colour: getComputedStyle(element).backgroundColor, width: element.getBoundingClientRect().width };
  });
  expect(bar.width).toBeGreaterThanOrEqual(2);
  expect(bar.colour).toBe(bar.accent);
  expect(await sidebar.getByText('Platform', { exact: true }).locator('..').getByText('Admin', { exact: true }).isVisible()).toBe(true);
  await sidebar.getByRole('link', { name: 'Back to the dashboard' }).click();
  await page.waitForURL(`${platform.url}/dashboard`);
});

test('U9: hosts of their own come to a team’s sidebar while it is looked at, with the token that was there', async () => {
  const user = await platform.newUser('Ada');
  const window = await browsers.of(whoIs(user));
  const tokens: (string | undefined)[] = [];
  window.page.on('request', (request) => request.url().endsWith('/v1/teams') && tokens.push(request.headers().authorization));
  await window.page.getByTestId('connection').filter({ hasText: 'Live' }).waitFor();
  expect(await byocItem(window).count()).toBe(0);
  await window.sidebarLink('Members').click();
  await expect.poll(() => tokens.length).toBeGreaterThan(0);
  const renewals = window.requests.filter((one) => one.includes('/v1/auth/')).length;
  const before = tokens.length;
  await enableByoc(user.account.team_id);
  await byocItem(window).waitFor();
  expect(tokens.length).toBeGreaterThan(before);
  expect(new Set(tokens)).toHaveLength(1);
  expect(tokens[0]).toMatch(/^Bearer ./);
  expect(window.requests.filter((one) => one.includes('/v1/auth/'))).toHaveLength(renewals);
  await byocItem(window).click();
  await window.page.getByRole('button', { name: 'Register host' }).first().waitFor();
});

test('U10: members see where the team’s hosts are, and that these are not for them', async () => {
  const team = await newTeam(platform);
  await enableByoc(team.id);
  const window = await inCrew(team.member);
  const item = byocItem(window);
  expect(await item.getAttribute('aria-disabled')).toBe('true');
  expect(await item.evaluate((element) => [element.tagName, element.hasAttribute('href')])).toEqual(['SPAN', false]);
  expect(await window.descriptionOf(item)).toMatch(/owners and admins .* only/);
  await window.open('/dashboard/byoc');
  expect(await window.page.getByTestId('access-required').textContent()).toMatch(/ask an owner or admin/i);
  expect(await window.page.getByRole('button', { name: 'Register host' }).count()).toBe(0);
  expect(window.countOf('GET /v1/hosts')).toBe(0);
  const manager = await inCrew(team.admin);
  await byocItem(manager).click();
  await manager.page.getByRole('button', { name: 'Register host' }).first().waitFor();
  expect(manager.countOf('GET /v1/hosts')).toBeGreaterThan(0);
});

test('U11: the way to the platform’s pages is there for platform admins alone', async () => {
  const window = await browsers.of(platform.admin);
  await window.page.getByTestId('admin-link').getByRole('link', { name: 'Admin' }).click();
  await window.page.waitForURL(/\/admin\/hosts$/);
  const other = await browsers.of(whoIs(await platform.newUser()));
  expect(await other.page.getByTestId('admin-link').count()).toBe(0);
});

test.each(['/admin', '/admin/hosts', '/admin/users'])('U11: %s leads whoever is no platform admin to the dashboard', async (path) => {
  const window = await browsers.of(whoIs(await platform.newUser()));
  await window.open(path);
  await window.page.waitForURL(`${platform.url}/dashboard`);
  await window.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(window.requests.filter((one) => one.includes('/v1/admin/'))).toEqual([]);
});

test('U11: who forges the state that says "admin" is refused by the API, and sees nothing', async () => {
  const victim = await platform.newUser('Victoria');
  const window = await browsers.of(whoIs(await platform.newUser('Mallory')));
  const { page } = window;
  const answers: number[] = [];
  page.on('response', (response) => response.url().includes('/v1/admin/') && answers.push(response.status()));
  // What the page keeps about its user is whatever the user's own machine makes of this answer.
  await page.route('**/v1/me', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as Json), is_admin: true } });
  });
  for (const [path, failed] of [['/admin/users', 'Users'], ['/admin/teams', 'Teams'], ['/admin/sandboxes', 'Sandboxes']]) {
    await window.open(path);
    const alert = page.getByRole('alert').filter({ hasText: `${failed} could not be loaded` });
    await alert.waitFor();
    expect(await alert.textContent()).toContain('403');
    expect(await page.content()).not.toContain(victim.account.email);
    expect(await page.locator('main tbody tr').count()).toBe(0);
  }
  expect(answers.length).toBeGreaterThanOrEqual(3);
  expect(new Set(answers)).toEqual(new Set([403]));
});

test('U12: a platform admin lets a team bring hosts of its own, once and for all', async () => {
  const user = await platform.newUser();
  const { id, name } = (await user.post('/v1/teams', { name: 'Hosts of our own' }, 201)).body;
  const { page } = await browsers.of(platform.admin, '/admin/teams');
  const row = page.getByTestId('admin-teams').locator('tr').filter({ hasText: name });
  await row.getByRole('button', { name: /Enable BYOC/ }).click();
  const dialog = page.getByRole('dialog', { name: `Enable BYOC for ${name}?` });
  expect(await dialog.textContent()).toContain('This cannot be undone');
  await dialog.getByRole('button', { name: 'Enable BYOC' }).click();
  await row.getByText('Enabled', { exact: true }).waitFor();
  expect(await row.getByRole('button', { name: /Enable BYOC/ }).count()).toBe(0);
  expect((await user.get('/v1/teams', 200)).body.items.find((one: Json) => one.id === id).is_byoc).toBe(true);
});

test('U17: without a team nothing can be made, and the page says why', async () => {
  const user = await teamless();
  const window = await browsers.of(whoIs(user), '/dashboard/sandboxes');
  const { page } = window;
  const button = page.getByRole('button', { name: 'New sandbox' });
  expect(await button.isDisabled()).toBe(true);
  expect(await window.descriptionOf(button)).toContain('Create or join a team first');
  await page.keyboard.press('Control+k');
  const palette = page.getByTestId('palette');
  await palette.getByRole('option', { name: 'Create team' }).waitFor();
  expect(await palette.getByRole('option', { name: 'New sandbox' }).count()).toBe(0);
  await window.open('/dashboard/sandboxes?create=base');
  await page.getByTestId('no-team').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  const { email, password } = user.account;
  const { token } = (await platform.anonymous().post('/v1/auth/login', { email, password }, 200)).body;
  await platform.anonymous().with({ Authorization: `Bearer ${token}` }).refused('POST', '/v1/sandboxes', {}, 403, 'no_team');
});

test('U17: with a team the same button and entry are there', async () => {
  const { page } = await browsers.of(whoIs(await platform.newUser()), '/dashboard/sandboxes');
  expect(await page.getByRole('button', { name: 'New sandbox' }).first().isEnabled()).toBe(true);
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette').getByRole('option', { name: 'New sandbox' }).first().waitFor();
});
