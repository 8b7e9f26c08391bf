// SPDX-License-Identifier: Apache-2.0
// The pages of a sandbox, and of the templates that sandboxes start from.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page, WebSocketRoute } from 'playwright-core';
import type { Client, Json } from '../api/client';
import { Door, serve } from '../api/gateway';
import { Platform } from '../api/platform';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';
import { createSandbox, Files, goTo, stateIn, Terminal } from './sandbox';

const platform = new Platform();
let ada: Client;
beforeAll(async () => {
  await platform.start({
    settings: { SANDBAR_WEB: dashboard, SANDBAR_TEAM_BUILDS: 'allowed' },
    agentSettings: { SANDBAR_REAPER_PERIOD: '200ms', SANDBAR_SAMPLE_PERIOD: '500ms' },
  });
  ada = await platform.newUser('Ada');
});
afterAll(() => platform.stop());
const browsers = useBrowsers(() => platform.url);

const viewOf = (sandbox: Json, view: string) => `/dashboard/sandboxes/${sandbox.id}/${view}`;
const open = (sandbox: Json, view: string): Promise<Window> => browsers.of(whoIs(ada), viewOf(sandbox, view));
const toast = (page: Page, text: string | RegExp) => page.getByTestId('toast').filter({ hasText: text });
const snapshot = (sandbox: Json, name: string) => ada.post('/v1/snapshots', { sandbox_id: sandbox.id, name }, 201);

test('files: a folder is made, a file uploaded into it, renamed, and deleted after a question', async () => {
  const sandbox = await ada.sandbox();
  const { page } = await open(sandbox, 'files');
  const files = new Files(page);
  await files.make('folder', 'data');
  await page.getByRole('region', { name: /Folder .*\/data/ }).waitFor();
  const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('of the upload\n') };
  await page.getByTestId('upload-input').setInputFiles(file);
  await page.getByTestId('uploads').getByText('Uploaded').waitFor();
  await page.getByRole('region', { name: /Folder .*\/data/ }).getByRole('button', { name: 'notes.txt' }).click();
  await expect.poll(() => files.editor('notes.txt').textContent()).toContain('of the upload');

  await page.getByRole('button', { name: 'Rename or move' }).click();
  const path = page.getByRole('dialog').getByLabel('Path');
  await path.fill((await path.inputValue()).replace('notes.txt', 'kept.txt'));
  await page.keyboard.press('Enter');
  await files.entry('kept.txt').waitFor();
  await files.entry('notes.txt').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'kept.txt' }).waitFor();
  expect((await ada.exec(sandbox.id, 'cat', 'data/kept.txt')).stdout).toBe('of the upload\n');

  await files.entry('kept.txt').click();
  await page.keyboard.press('Delete');
  const question = page.getByRole('dialog', { name: 'Delete kept.txt?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  await ada.get(`/v1/sandboxes/${sandbox.id}/files/stat?path=data/kept.txt`, 200);
  await page.getByTestId('file-view').getByRole('button', { name: 'Delete' }).click();
  await question.getByRole('button', { name: 'Delete', exact: true }).click();
  await files.entry('kept.txt').waitFor({ state: 'detached' });
  await ada.get(`/v1/sandboxes/${sandbox.id}/files/stat?path=data/kept.txt`, 404);

  await files.entry('data').click();
  await page.getByRole('region', { name: /Folder .*\/data/ }).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete data?' }).getByRole('button', { name: 'Delete', exact: true }).click();
  await files.entry('data').waitFor({ state: 'detached' });
});

test('files: what is written in the sandbox appears by itself, and an edit that would lose it asks first', async () => {
  const sandbox = await ada.sandbox();
  const put = (path: string, text: string) => ada.put(`/v1/sandboxes/${sandbox.id}/files?path=${path}`, text, 200);
  await put('shared.txt', 'first\n');
  await ada.exec(sandbox.id, 'touch', '-d', '30 days ago', 'shared.txt'); // browsers like to keep what is that old
  const { page } = await open(sandbox, 'files');
  const files = new Files(page);
  await page.getByText('Changes in open folders are shown as they happen.').waitFor();
  await put('later.txt', 'later\n');
  await files.entry('later.txt').waitFor();
  await ada.delete(`/v1/sandboxes/${sandbox.id}/files?path=later.txt`, 204);
  await files.entry('later.txt').waitFor({ state: 'detached' });

  await files.entry('shared.txt').click();
  const editor = files.editor('shared.txt');
  await expect.poll(() => editor.textContent()).toContain('first');
  await put('shared.txt', 'second\n');
  await expect.poll(() => editor.textContent()).toContain('second');
  await editor.click();
  await page.keyboard.type('mine ');
  await put('shared.txt', 'theirs\n');
  await page.getByText('The file was changed in the sandbox since you opened it.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const conflict = page.getByTestId('conflict-dialog');
  await conflict.getByRole('button', { name: 'Overwrite' }).click();
  await conflict.waitFor({ state: 'detached' });
  expect((await ada.exec(sandbox.id, 'cat', 'shared.txt')).stdout).toContain('mine ');
});

test('a view whose code was not fetched is fetched again', async () => {
  const window = await open(await ada.sandbox(), 'overview');
  const { page } = window;
  await page.evaluate(() => Object.assign(globalThis, { isFirstPage: true }));
  let isCut = true; // until the page is loaded anew
  page.on('request', (request) => request.isNavigationRequest() && (isCut = false));
  await page.route(/\/_app\/immutable\/nodes\/.*\.js$/, (route) => (isCut ? route.abort('connectionreset') : route.continue()));
  await page.getByRole('link', { name: 'Templates' }).first().click();
  await page.getByRole('heading', { name: 'Templates', level: 1 }).waitFor();
  expect(await page.evaluate(() => 'isFirstPage' in globalThis)).toBe(false);
  const troubles = window.troubles.splice(0);
  expect(troubles.length).toBeGreaterThan(0);
  for (const trouble of troubles) expect(trouble).toMatch(/nodes.*was not loaded: net::ERR_CONNECTION_RESET/);
});

test('terminal: two shells side by side; each is the same one after the connection was cut, and after a reload', async () => {
  const sandbox = await ada.sandbox();
  const window = await browsers.of(whoIs(ada));
  const { page } = window;
  const sockets: [WebSocketRoute, WebSocketRoute][] = [];
  await page.routeWebSocket(/\/pty\?/, (near) => void sockets.push([near, near.connectToServer()]));
  await window.open(viewOf(sandbox, 'terminal'));
  const terminal = await new Terminal(page).ready();
  const tab = (number: number) => page.getByRole('tab', { name: `Terminal ${number}` });
  await terminal.type('echo $((6*7)); WHO=one');
  await terminal.prints('42');

  await page.getByRole('button', { name: 'New terminal' }).click();
  await terminal.ready();
  expect(await page.getByRole('tab').count()).toBe(2);
  await terminal.type('WHO=two; echo "i am [$WHO]"');
  await terminal.prints('i am [two]');
  await tab(1).click();
  await terminal.prints('42');
  await terminal.type('echo "i am [$WHO]"');
  await terminal.prints('i am [one]');

  const held = sockets.splice(0);
  expect(held).toHaveLength(2);
  for (const ends of held) for (const end of ends) await end.close();
  await expect.poll(() => sockets.length, { timeout: 30_000 }).toBe(2);
  await terminal.is('open');
  await terminal.prints('Connected again. What was printed meanwhile is not shown.');
  await terminal.type('echo "still [$WHO]"');
  await terminal.prints('still [one]');

  await page.reload();
  await terminal.ready();
  await terminal.type('echo "again [$WHO]"');
  await terminal.prints('again [one]');
  await tab(2).click();
  await terminal.ready();
  await terminal.type('echo "again [$WHO]"');
  await terminal.prints('again [two]');
  await terminal.type('exit');
  await terminal.is('ended');
  await page.getByText('The shell has ended. Press Enter to start another.').waitFor();
});

test('metrics: charts of what it uses, each with a table of the same numbers', async () => {
  const sandbox = await ada.sandbox();
  const { page } = await open(sandbox, 'metrics');
  const chart = page.getByTestId('chart').filter({ hasText: 'CPU' });
  await chart.locator('canvas').waitFor({ timeout: 30_000 });
  expect(await page.getByTestId('chart').count()).toBe(3);
  expect(await chart.textContent()).toMatch(/now [\d.]+ %, lowest [\d.]+ %, highest [\d.]+ %/);
  const drawn = () => chart.locator('canvas').evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    return (element as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data.some((byte) => byte > 0);
  });
  await expect.poll(drawn).toBe(true);
  await chart.getByRole('button', { name: 'Show table' }).click();
  const table = chart.getByRole('region', { name: 'CPU as a table' });
  expect(await table.getByRole('columnheader').allTextContents()).toEqual(['Time', expect.stringContaining('of one processor')]);
  const rows = table.locator('tbody tr');
  expect(await rows.first().textContent()).toMatch(/\d %/);
  const before = await rows.count();
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBeGreaterThan(before); // new ones are put behind them
  await page.getByText('1 h', { exact: true }).click();
  await page.waitForURL(/range=1h/);
  await page.getByRole('heading', { name: 'Metrics, last hour' }).waitFor();
});

test('processes: a command is run and its output shown; it is listed, and killed', async () => {
  const sandbox = await ada.sandbox();
  const started = { cmd: '/bin/sh', args: ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.2; done'], background: true };
  const { pid } = (await ada.post(`/v1/sandboxes/${sandbox.id}/exec`, started, 202)).body;
  const { page } = await open(sandbox, 'logs');
  const row = (id: number | string) => page.getByRole('listitem').filter({ hasText: `pid ${id}` });
  await row(pid).waitFor();
  await page.getByLabel('Command to run').fill('echo begun; while :; do sleep 0.2; done');
  await page.keyboard.press('Enter');
  await page.getByTestId('log').getByText('begun', { exact: true }).waitFor();
  await page.waitForURL(/process=\d+/);
  const own = new URL(page.url()).searchParams.get('process')!;
  await row(own).getByRole('button', { name: 'End…' }).click();
  await page.getByRole('dialog', { name: `End process ${own}?` }).getByRole('button', { name: 'End it' }).click();
  await row(own).waitFor({ state: 'detached' });
  await page.getByRole('region', { name: /Output of echo begun/ }).getByText('Ended').waitFor();

  await row(pid).getByRole('button', { name: 'End…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
  await toast(page, 'Asked to end').first().waitFor();
  await row(pid).getByRole('button', { name: 'End…' }).click();
  await page.getByRole('button', { name: 'Kill it at once (SIGKILL)' }).click();
  await row(pid).waitFor({ state: 'detached' });
  expect((await ada.get(`/v1/sandboxes/${sandbox.id}/processes`, 200)).body.items).toEqual([]);
});

test('events: the page answers why a sandbox does not run, by itself', async () => {
  const idle = await ada.sandbox({ timeout_sec: 2 });
  const { page } = await open(idle, 'events');
  const why = page.getByTestId('why');
  await expect.poll(() => why.textContent(), { timeout: 30_000 }).toBe('Paused because it was idle for longer than its timeout of 2 s.');
  await page.getByRole('region', { name: 'Why is it paused?' }).getByText('Memory and files are kept.').waitFor();
  await ada.delete(`/v1/sandboxes/${idle.id}`, 204);
  await expect.poll(() => why.textContent()).toBe('Destroyed by Ada.');
  await page.getByRole('region', { name: 'Why did it stop?' }).waitFor();
  const told = await page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem').allTextContents();
  expect(told.map((one) => /Destroyed|Paused|Created/.exec(one)?.[0])).toEqual(['Destroyed', 'Paused', 'Created']);
  await goTo(page, 'Terminal');
  await page.getByRole('heading', { name: 'It does not run any more' }).waitFor();
});

test('ports: one is opened to everybody, and its address answers them until it is closed', async () => {
  const sandbox = await ada.sandbox();
  const { port } = await serve(platform, ada, sandbox.id);
  const { page } = await open(sandbox, 'overview');
  const ports = page.getByTestId('ports');
  await ports.getByLabel('Port', { exact: true }).fill(String(port));
  await page.keyboard.press('Enter');
  const row = ports.getByRole('listitem').filter({ hasText: String(port) });
  await row.getByText('Closed', { exact: true }).waitFor();
  const address = await row.getByRole('link').getAttribute('href');
  const everybody = new Door(platform.url, sandbox.id, port);
  expect(new URL(address!).host).toBe(everybody.host);
  expect((await everybody.get()).status).toBe(403);

  await row.getByRole('button', { name: `Port ${port}: change` }).click();
  await page.getByRole('menuitem', { name: 'Open to everybody…' }).click();
  await page.getByRole('dialog', { name: `Open port ${port} to everybody?` }).getByRole('button', { name: 'Open port' }).click();
  await row.getByText('Public', { exact: true }).waitFor();
  await expect.poll(async () => (await everybody.get()).status).toBe(200); // the gateway believes what it knows for a second
  await row.getByRole('button', { name: `Copy address of port ${port}` }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);

  await row.getByRole('button', { name: `Port ${port}: change` }).click();
  await page.getByRole('menuitem', { name: 'Close to the public' }).click();
  await row.getByText('Closed', { exact: true }).waitFor();
  await expect.poll(async () => (await everybody.get()).status).toBe(403);
});

test('templates: a snapshot stands below what it was made from, and is launched from there', async () => {
  const sandbox = await ada.sandbox();
  await snapshot(sandbox, 'first-draft');
  await snapshot(await ada.sandbox({ template: 'first-draft' }), 'second-draft');
  const { page } = await browsers.of(whoIs(ada), '/dashboard/templates');
  const rows = page.getByTestId('lineage').locator('[role="row"][aria-level]');
  const row = (name: string) => rows.filter({ has: page.getByRole('link', { name, exact: true }) });
  const levels = () => Promise.all(['base', 'first-draft', 'second-draft'].map((name) => row(name).getAttribute('aria-level')));
  expect(await levels()).toEqual(['1', '2', '3']);
  const names = await rows.getByRole('gridcell').getByRole('link').and(page.locator('.link')).allTextContents();
  const order = names.map((name) => name.trim());
  expect(order.indexOf('second-draft')).toBe(order.indexOf('first-draft') + 1);
  await row('first-draft').getByRole('button', { name: 'Hide what was made from first-draft' }).click();
  await row('second-draft').waitFor({ state: 'detached' });
  await row('first-draft').getByRole('button', { name: 'Show what was made from first-draft' }).click();

  await row('second-draft').getByRole('link', { name: 'Launch second-draft' }).click();
  await expect.poll(() => page.getByTestId('create-sandbox').getByLabel('Template').inputValue()).toBe('second-draft');
  const id = await createSandbox(page);
  await expect.poll(async () => (await ada.get(`/v1/sandboxes/${id}`, 200)).body.template).toBe('second-draft');
});

test('templates: one that sandboxes need shows which, and goes when they are gone', async () => {
  await snapshot(await ada.sandbox(), 'needed');
  const needs = await ada.sandbox({ template: 'needed' });
  const { page } = await browsers.of(whoIs(ada), '/dashboard/templates/needed');
  await page.getByRole('button', { name: 'Delete' }).click();
  const needed = page.getByRole('dialog', { name: 'needed is still needed' });
  const victims = needed.getByTestId('victims').getByRole('listitem');
  expect(await victims.count()).toBe(1);
  await victims.getByRole('link', { name: needs.id }).click();
  await stateIn(page, 'running').waitFor();
  await page.getByRole('button', { name: 'Destroy' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Destroy' }).click();
  await page.waitForURL(/\/dashboard\/sandboxes$/);

  await page.getByRole('link', { name: 'Templates' }).first().click();
  await page.getByRole('link', { name: 'needed', exact: true }).click();
  await page.getByText('None. It can be deleted.').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete needed?' }).getByRole('button', { name: 'Delete', exact: true }).click();
  await page.waitForURL(/\/dashboard\/templates$/);
  await page.getByTestId('lineage').waitFor();
  await page.getByTestId('lineage').getByRole('link', { name: 'needed', exact: true }).waitFor({ state: 'detached' });
  await ada.get('/v1/templates/needed', 404);
});

test('templates: a build tells what it does while it does it, and ends in a template that can be launched', async () => {
  const flag = join(platform.temporary, 'go-on');
  const { page } = await browsers.of(whoIs(ada), '/dashboard/templates');
  await page.getByRole('button', { name: 'Build a template' }).click();
  const dialog = page.getByTestId('build-dialog');
  const definition = dialog.getByRole('textbox', { name: 'Definition' });
  await dialog.locator('.cm-editor').waitFor();
  await definition.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('nam tools');
  await dialog.getByText("Line 1: 'nam' is not known.").waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(`name tools\nrun echo the first half\nrun until test -e ${flag}; do sleep 0.1; done; echo the other half\n`);
  await dialog.getByRole('list', { name: 'Mistakes' }).waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Build', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });

  const build = page.getByTestId('build');
  const log = build.getByTestId('log');
  await log.getByText('the first half', { exact: true }).waitFor({ timeout: 30_000 });
  await build.getByText('Building').waitFor();
  await build.getByRole('progressbar').waitFor();
  expect(existsSync(flag)).toBe(false);
  expect(await log.getByText('the other half', { exact: true }).count()).toBe(0);
  writeFileSync(flag, '');
  await log.getByText('the other half', { exact: true }).waitFor({ timeout: 30_000 });
  await build.getByText('Success').waitFor({ timeout: 30_000 });
  await log.getByText('template is ready').waitFor();
  await build.getByRole('link', { name: 'Launch' }).click();
  await expect.poll(() => page.getByTestId('create-sandbox').getByLabel('Template').inputValue()).toBe('tools');
});
