// SPDX-License-Identifier: Apache-2.0
// Teams in the browser: which one is current, what becomes of the page when it goes, and who may do what in it.
import { expect, test } from 'vitest';
import type { Client, Json } from '../api/client';
import { usePlatform } from '../api/platform';
import { foundTeam, inTeam, join, newTeam } from '../api/team';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const platform = usePlatform({ settings: { SANDBAR_WEB: dashboard } });
const browsers = useBrowsers(() => platform.url);

const teamNames = async (user: Client): Promise<string[]> => (await user.get('/v1/teams', 200)).body.items.map((one: Json) => one.name);
const memberRow = (window: Window, user: Client) => window.page.getByTestId('members').locator('tbody tr').filter({ hasText: user.account.email });
const actionsOf = (window: Window, user: Client) => memberRow(window, user).getByRole('button', { name: /^Actions for/ });
const danger = (window: Window, name: string) => window.page.getByTestId('danger-zone').getByRole('button', { name });
const dialog = (window: Window) => window.page.getByRole('dialog');

/** In a browser, at the page of a team that is not the user's first one. */
async function atTeam(user: Client, name = 'Crew'): Promise<Window> {
  const window = await browsers.of(whoIs(user), '/dashboard/team');
  await window.switchTeam(name);
  return window;
}

/** Whose only team this is. */
async function onlyIn(team: { id: string; owner: Client }, name: string): Promise<Client> {
  const user = await platform.newUser(name);
  await join(team, user);
  await user.delete(`/v1/teams/${user.account.team_id}`, 204);
  return user;
}

async function teamless(): Promise<Client> {
  const user = await platform.newUser('Lone');
  await user.delete(`/v1/teams/${user.account.team_id}`, 204);
  return user;
}

/** Every address that the window has been at since. */
function visitedBy(window: Window): string[] {
  const visited: string[] = [];
  window.page.on('framenavigated', (frame) => visited.push(new URL(frame.url()).pathname));
  return visited;
}

/** All that the query cache holds, as text: one of the page's own modules exports it. */
const cacheOf = (window: Window): Promise<string> => window.page.evaluate(`(async () => {
  const scripts = performance.getEntriesByType('resource').map((one) => one.name).filter((name) => name.endsWith('.js'));
  const things = (await Promise.all(scripts.map((name) => import(name)))).flatMap((one) => Object.values(one));
  const client = things.find((one) => typeof one?.getQueryCache === 'function');
  return JSON.stringify(client.getQueryCache().getAll().map((one) => [one.queryKey, one.state.data]));
})()`);

test('U16: people are called by their names; members have a column for the name and one for the address', async () => {
  const { owner, admin, member } = await newTeam(platform);
  const window = await atTeam(owner);
  expect(await window.page.getByTestId('user-name').textContent()).toBe('Olga');
  const headers = (await window.page.getByTestId('members').getByRole('columnheader').allTextContents()).map((one) => one.trim());
  expect(headers.slice(0, 2)).toEqual(['Name', 'Email']);
  for (const [user, name] of [[owner, 'Olga'], [admin, 'Adam'], [member, 'Mia']] as const) {
    const cells = await memberRow(window, user).locator('td').allTextContents();
    expect(cells[0]).toContain(name);
    expect(cells[1].trim()).toBe(user.account.email);
  }
});

test('U18: whoever has no default team signs in to the first team there is', async () => {
  const user = await onlyIn(await newTeam(platform), 'Ina');
  const window = await browsers.of(whoIs(user));
  expect(await window.currentTeam.textContent()).toBe('Crew');
  expect(await window.page.getByTestId('no-team').count()).toBe(0);
  await window.sidebarLink('Sandboxes').click();
  await window.settled();
  expect(await window.page.getByRole('button', { name: 'New sandbox' }).first().isEnabled()).toBe(true);
});

test('U19: nothing of one user is left for the next in the same tab', async () => {
  const [ada, bob] = [await platform.newUser('Ada Lovelace'), await platform.newUser('Bob')];
  const sandbox = await ada.sandbox();
  const ofAda = [ada.account.email, ada.account.user_id, ada.account.team_id, sandbox.id, 'Ada Lovelace'];
  const window = await browsers.of(whoIs(ada), '/dashboard/sandboxes');
  await window.page.getByText(sandbox.id).first().waitFor();
  await window.sidebarLink('Members').click();
  await memberRow(window, ada).waitFor();
  const before = (await cacheOf(window)) + (await window.page.content());
  for (const each of ofAda) expect(before).toContain(each);

  await window.page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  await window.page.getByTestId('user-menu').click();
  await window.page.getByRole('menuitem', { name: 'Sign out' }).click();
  await window.page.waitForURL(/\/login/);
  await window.fillSignIn(whoIs(bob));
  await window.sidebarLink('Sandboxes').click();
  await window.page.getByText('No sandboxes yet').waitFor();
  expect(await window.page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
  const after = (await cacheOf(window)) + (await window.page.content());
  expect(after).toContain(bob.account.team_id);
  for (const each of ofAda) expect(after).not.toContain(each);
});

test('U20: after a team is deleted the page goes on in the next one', async () => {
  const user = await platform.newUser('Dora');
  const [first] = await teamNames(user);
  await user.post('/v1/teams', { name: 'Short-lived' }, 201);
  const window = await atTeam(user, 'Short-lived');
  const visited = visitedBy(window);
  await danger(window, 'Delete team').click();
  const confirm = dialog(window).getByRole('button', { name: 'Delete team' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog(window).getByLabel('Type delete').fill('delete');
  await confirm.click();
  await window.currentTeam.filter({ hasText: first }).waitFor();
  await window.page.getByRole('heading', { level: 1, name: first }).waitFor();
  expect(new URL(window.page.url()).pathname).toMatch(/^\/dashboard/);
  expect(visited).not.toContain('/login');
  expect(await teamNames(user)).toEqual([first]);
});

test('U20: after a team is left the page goes on in the next one', async () => {
  const { member } = await newTeam(platform);
  const [first] = await teamNames(member);
  const window = await atTeam(member);
  const visited = visitedBy(window);
  await danger(window, 'Leave team').click();
  await dialog(window).getByRole('button', { name: 'Leave team' }).click();
  await window.currentTeam.filter({ hasText: first }).waitFor();
  expect(new URL(window.page.url()).pathname).toMatch(/^\/dashboard/);
  expect(visited).not.toContain('/login');
});

test('U21: who leaves one team while being taken out of the last other one is asked to create a team', async () => {
  const here = await newTeam(platform);
  const user = await onlyIn(here, 'Lea');
  const elsewhere = (await here.owner.post('/v1/teams', { name: 'Elsewhere' }, 201)).body;
  const ofElsewhere = { id: elsewhere.id, owner: await inTeam(here.owner, elsewhere.id) };
  await join(ofElsewhere, user);
  const window = await atTeam(user);
  await danger(window, 'Leave team').click();
  await ofElsewhere.owner.delete(`/v1/teams/${ofElsewhere.id}/members/${user.account.user_id}`, 204);
  await dialog(window).getByRole('button', { name: 'Leave team' }).click();
  await window.toast('Create a team').waitFor();
  await window.page.getByTestId('no-team').waitFor();
  expect(await window.currentTeam.textContent()).toBe('No team');
  expect(window.page.url()).toContain('/dashboard');
});

test('U21: who is taken out of the only team sees that at once', async () => {
  const team = await newTeam(platform);
  const user = await onlyIn(team, 'Kim');
  const window = await browsers.of(whoIs(user), '/dashboard/sandboxes');
  await window.page.getByTestId('connection').filter({ hasText: 'Live' }).waitFor();
  await team.owner.delete(`/v1/teams/${team.id}/members/${user.account.user_id}`, 204);
  await window.toast('Create a team').waitFor();
  await window.page.getByTestId('no-team').waitFor();
});

test('U22: the only team is neither left nor deleted', async () => {
  const owner = await browsers.of(whoIs(await platform.newUser()), '/dashboard/team');
  const member = await browsers.of(whoIs(await onlyIn(await newTeam(platform), 'Mel')), '/dashboard/team');
  for (const button of [danger(owner, 'Leave team'), danger(owner, 'Delete team')]) {
    expect(await button.isDisabled()).toBe(true);
    expect(await owner.descriptionOf(button)).toContain('Create another team first');
  }
  expect(await danger(member, 'Leave team').isDisabled()).toBe(true);
  expect(await member.descriptionOf(danger(member, 'Leave team'))).toContain('Create another team first');
  expect(await danger(member, 'Delete team').count()).toBe(0);
});

test('U23: without a team the page says where to get one, and asks for nothing that must fail', async () => {
  const window = await browsers.of(whoIs(await teamless()), '/dashboard/team');
  const failed: string[] = [];
  window.page.on('response', (response) => response.status() >= 400 && failed.push(`${response.status()} ${response.url()}`));
  await window.page.reload();
  await window.settled();
  const empty = window.page.getByTestId('no-team');
  await empty.getByRole('heading', { name: 'You are in no team' }).waitFor();
  expect(await empty.textContent()).toContain('the switcher at the top of the sidebar');
  await window.page.waitForLoadState('networkidle');
  expect(failed).toEqual([]);
  await window.page.getByTestId('team-switcher').click();
  await window.page.getByRole('menuitem', { name: 'Create team' }).click();
  await dialog(window).getByLabel('Name').fill('A new start');
  await dialog(window).getByRole('button', { name: 'Create team' }).click();
  await window.currentTeam.filter({ hasText: 'A new start' }).waitFor();
});

test('U24: the team and the list of teams are asked for at the same time', async () => {
  const user = await platform.newUser();
  const window = await browsers.of(whoIs(user));
  const paths = ['/v1/teams', `/v1/teams/${user.account.team_id}`];
  // Neither is answered before both are asked for.
  const release = await window.hold(/\/v1\/teams(\/[^/]+)?$/);
  const asked = paths.map((path) => window.page.waitForRequest((one) => one.url() === platform.url + path));
  await window.page.evaluate(() => performance.clearResourceTimings());
  await window.sidebarLink('Members').click();
  await Promise.all(asked);
  release();
  await memberRow(window, user).waitFor();
  const starts = await window.page.evaluate((names) => names.map((name) => performance.getEntriesByName(name)[0].startTime), paths.map((path) => platform.url + path));
  expect(Math.abs(starts[0] - starts[1])).toBeLessThan(50);
});

test('U25: a name with a hyphen, an @ and an apostrophe is what it is wherever it shows', async () => {
  const [name, renamed] = ["O'Neil-Lab @ Home", "O'Neil-Lab @ Work"];
  const window = await browsers.of(whoIs(await platform.newUser()));
  await window.page.getByTestId('team-switcher').click();
  await window.page.getByRole('menuitem', { name: 'Create team' }).click();
  await dialog(window).getByLabel('Name').fill(name);
  await dialog(window).getByRole('button', { name: 'Create team' }).click();
  await expect.poll(() => window.currentTeam.textContent()).toBe(name);
  await window.sidebarLink('Members').click();
  await window.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await window.page.getByTestId('team-general').getByLabel('Name').fill(renamed);
  await window.page.getByRole('button', { name: 'Rename' }).click();
  await expect.poll(() => window.currentTeam.textContent()).toBe(renamed);
  await window.page.getByRole('heading', { level: 1, name: renamed, exact: true }).waitFor();
  await window.sidebarLink('Audit log').click();
  const rows = window.page.getByTestId('audit').locator('tbody tr');
  await expect.poll(async () => (await rows.filter({ hasText: 'Team renamed' }).textContent())).toContain(`${name} → ${renamed}`);
  expect(await rows.filter({ hasText: 'Team created' }).textContent()).toContain(`name: ${name}`);
});

test('U26: nobody acts on the owner or on themselves, and members act on nobody', async () => {
  const team = await newTeam(platform);
  const [ofOwner, ofAdmin, ofMember] = [await atTeam(team.owner), await atTeam(team.admin), await atTeam(team.member)];
  const mayActOn = async (window: Window) => {
    await memberRow(window, team.owner).waitFor();
    return Promise.all([team.owner, team.admin, team.member].map((user) => actionsOf(window, user).count()));
  };
  expect(await mayActOn(ofOwner)).toEqual([0, 1, 1]);
  expect(await mayActOn(ofAdmin)).toEqual([0, 0, 1]);
  expect(await mayActOn(ofMember)).toEqual([0, 0, 0]);
  const column = (window: Window) => window.page.getByTestId('members').getByRole('columnheader', { name: 'Actions' }).count();
  expect([await column(ofOwner), await column(ofAdmin), await column(ofMember)]).toEqual([1, 1, 0]);

  // A new role holds everywhere at once.
  await actionsOf(ofOwner, team.member).click();
  await ofOwner.page.getByRole('menuitem', { name: 'Make admin' }).click();
  await memberRow(ofOwner, team.member).getByText('Admin', { exact: true }).waitFor();
  await ofMember.page.getByRole('button', { name: 'Add member' }).waitFor();
  await expect.poll(() => mayActOn(ofMember)).toEqual([0, 1, 0]);
  await actionsOf(ofOwner, team.admin).click();
  await ofOwner.page.getByRole('menuitem', { name: 'Remove from team' }).click();
  await dialog(ofOwner).getByRole('button', { name: 'Remove' }).click();
  await memberRow(ofOwner, team.admin).waitFor({ state: 'detached' });
  await memberRow(ofMember, team.admin).waitFor({ state: 'detached' });
});

test('U27: members are added by the beginning of their address, and found only by that', async () => {
  platform.sql(`INSERT INTO users (id, email, name, status) VALUES (gen_random_uuid(), 'ada@first.io', 'Ada', 'active'),
    (gen_random_uuid(), 'ada@second.io', 'Ada the second', 'active')`);
  const window = await browsers.of(whoIs(await platform.newUser()), '/dashboard/team');
  await window.page.getByRole('button', { name: 'Add member' }).click();
  const input = dialog(window).getByRole('combobox', { name: 'Email' });
  const options = dialog(window).getByRole('listbox', { name: 'Accounts' }).getByRole('option');
  const searches = () => window.requests.filter((one) => one.includes('/v1/users/search')).map((one) => new URL(one.split(' ')[1]).searchParams.get('email'));

  await input.pressSequentially('ada@', { delay: 400 }); // by somebody who rests after every letter
  await expect.poll(() => options.allTextContents().then((all) => all.map((one) => one.trim()))).toEqual(['ada@first.io', 'ada@second.io']);
  expect(searches()).toEqual(['ada@']);
  // And by somebody who does not.
  await input.evaluate((element: HTMLInputElement) => {
    for (const text of ['ada@s', 'ada@se', 'ada@sec']) {
      element.value = text;
      element.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  await expect.poll(() => options.count()).toBe(1);
  expect(searches()).toEqual(['ada@', 'ada@sec']);
  for (const nothing of ['_da@', '%da@', 'ad%@']) {
    await input.fill(nothing);
    await expect.poll(() => searches().at(-1)).toBe(nothing);
    await dialog(window).locator('.spin').waitFor({ state: 'detached' });
    expect(await options.count()).toBe(0);
  }

  await input.fill('ada@');
  await options.nth(1).waitFor();
  await input.press('ArrowDown');
  await input.press('ArrowDown');
  expect(await options.nth(1).getAttribute('aria-selected')).toBe('true');
  expect(await input.getAttribute('aria-activedescendant')).toBe(await options.nth(1).getAttribute('id'));
  await input.press('Enter');
  expect(await input.inputValue()).toBe('ada@second.io');
  expect(await options.count()).toBe(0);
  await dialog(window).getByRole('button', { name: 'Add' }).click();
  await window.page.getByTestId('members').locator('tbody tr').filter({ hasText: 'ada@second.io' }).waitFor();
});

test('U28: another team means another token and other rows, without a new page and without a flash of the old', async () => {
  const user = await platform.newUser('Tess');
  const [first] = await teamNames(user);
  const { id } = (await user.post('/v1/teams', { name: 'Second' }, 201)).body;
  const [here, there] = [await user.sandbox(), await (await inTeam(user, id)).sandbox()];
  const window = await browsers.of(whoIs(user), '/dashboard/sandboxes');
  if ((await window.currentTeam.textContent()) !== first) await window.switchTeam(first);
  const rowOf = (sandbox: Json) => window.page.getByTestId('sandboxes').locator('tbody tr').filter({ hasText: sandbox.id });
  await rowOf(here).waitFor();
  const teamsAsked: string[] = [];
  window.page.on('request', (request) => {
    const [, claims] = (request.headers().authorization ?? '').split('.');
    if (request.url().includes('/v1/sandboxes')) teamsAsked.push(JSON.parse(Buffer.from(claims, 'base64url').toString()).team_id);
  });
  await window.page.evaluate((old) => {
    const flashes: string[] = [];
    Object.assign(globalThis, { flashes });
    new MutationObserver(() => {
      const name = document.querySelector('[data-testid="current-team"]')?.textContent;
      if (name === 'Second' && document.body.textContent?.includes(old)) flashes.push(old);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, here.id);
  const release = await window.hold(/\/v1\/sandboxes(\?|$)/);
  await window.page.getByTestId('team-switcher').click();
  await window.page.getByRole('menuitemradio', { name: 'Second' }).click();
  await window.page.getByTestId('skeleton-row').first().waitFor();
  expect(await rowOf(here).count()).toBe(0);
  release();
  await rowOf(there).waitFor();
  expect(await rowOf(here).count()).toBe(0);
  expect(await window.page.evaluate(() => (globalThis as never as { flashes: string[] }).flashes)).toEqual([]);
  expect(new Set(teamsAsked)).toEqual(new Set([id]));
  expect(window.countOf('POST /v1/auth/switch-team')).toBeGreaterThan(0);
});

test('U29: a team’s slug can be copied, and stays when the name does not', async () => {
  const window = await browsers.of(whoIs(await platform.newUser()), '/dashboard/team');
  const general = window.page.getByTestId('team-general');
  const slug = general.getByLabel('Slug', { exact: true });
  const value = await slug.inputValue();
  expect(value).toMatch(/^[0-9a-f]{6}-[0-9a-f]{6}$/);
  expect(await slug.getAttribute('readonly')).not.toBeNull();
  await general.getByRole('button', { name: 'Copy slug' }).click();
  expect(await window.page.evaluate(() => navigator.clipboard.readText())).toBe(value);
  await general.getByLabel('Name').fill('Another name');
  await general.getByRole('button', { name: 'Rename' }).click();
  await expect.poll(() => window.currentTeam.textContent()).toBe('Another name');
  await window.page.reload();
  expect(await slug.inputValue()).toBe(value);
});
