// SPDX-License-Identifier: Apache-2.0
// One person's way through the dashboard, with mouse and keyboard, in front of real virtual machines. Needs root, as
// `sandbar up` does.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitFor } from '@sandbar/test-lib';
import { networkThings, Platform } from '../vm/platform';
import { Apart } from './apart';
import { Browsers, dashboard } from './browser';
import { createSandbox, Files, goTo, stateIn, Terminal } from './sandbox';

// Emulated machines take their time on a busy computer.
const patience = { timeout: 120_000 };

let platform: Platform;
const apart = new Apart();
const browsers = new Browsers(() => platform.url);
beforeAll(async () => {
  platform = await Platform.start({ SANDBAR_WEB: dashboard });
  await apart.start(platform.port);
  await browsers.start(apart.program);
}, 900_000);
afterEach(() => browsers.closeAll());
afterAll(async () => {
  await browsers.stop();
  apart.stop();
  await platform?.stop();
}, 180_000);

test('from signing up to destroying: create, type, edit, pause, resume, snapshot, launch', async () => {
  const { page } = await browsers.window();
  page.setDefaultTimeout(30_000);
  const dialog = page.getByRole('dialog');
  const toast = (text: string) => page.getByTestId('toast').filter({ hasText: text });

  await page.goto(`${platform.url}/signup`);
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('Email').fill('ada@example.org');
  await page.getByLabel('Password').fill('correct horse');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${platform.url}/dashboard`);

  await page.getByRole('link', { name: 'Sandboxes', exact: true }).first().click();
  await page.getByRole('button', { name: 'New sandbox' }).first().click();
  const first = await createSandbox(page, patience.timeout);
  expect(platform.pids('qemu-system-x86_64').length).toBeGreaterThan(0);

  await goTo(page, 'Terminal');
  const terminal = await new Terminal(page).ready();
  await terminal.type('echo $((6*7))');
  await terminal.prints('42');
  await terminal.type('WORD=remembered; uname -s');
  await terminal.prints('Linux');

  await goTo(page, 'Files');
  const files = new Files(page);
  await files.make('file', 'hello.py');
  await files.write('hello.py', 'print("hello from", "the editor")\n');
  await goTo(page, 'Terminal');
  await terminal.ready();
  await terminal.type('python3 hello.py');
  await terminal.prints('hello from the editor');

  await page.getByRole('button', { name: 'Pause' }).click();
  await stateIn(page, 'paused').waitFor(patience);
  await terminal.is('asleep');
  await waitFor('its machine has ended', () => platform.sandboxMachines() === 0, 30_000);
  await page.getByRole('group', { name: 'Actions' }).getByRole('button', { name: 'Resume' }).click();
  await stateIn(page, 'running').waitFor(patience);
  await terminal.is('open');
  await terminal.type('echo "the word is [$WORD]"');
  await terminal.prints('the word is [remembered]');

  await page.getByRole('button', { name: 'Snapshot' }).click();
  await dialog.getByLabel('Name').fill('as-it-was');
  await dialog.getByRole('button', { name: 'Make snapshot' }).click();
  await toast('Snapshot as-it-was is ready').getByRole('button', { name: 'Show' }).click(patience);
  await page.getByRole('heading', { name: 'as-it-was', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Launch', exact: true }).click();
  await expect.poll(() => dialog.getByLabel('Template').inputValue()).toBe('as-it-was');
  const second = await createSandbox(page, patience.timeout);
  expect(second).not.toBe(first);

  await goTo(page, 'Files');
  await files.entry('hello.py').click();
  await expect.poll(() => files.editor('hello.py').textContent()).toContain('hello from');
  await goTo(page, 'Terminal');
  await terminal.ready();
  // The snapshot has the memory too: in it the shell of the first sandbox goes on.
  await page.getByRole('button', { name: /shells still run: return to one/ }).click();
  await page.getByRole('menuitem', { name: /^Shell \d+/ }).click();
  await terminal.ready();
  await terminal.type('echo "again [$WORD]"; python3 hello.py');
  await terminal.prints('again [remembered]');
  await terminal.prints('hello from the editor');

  await page.getByRole('button', { name: 'Destroy' }).click();
  await dialog.getByRole('button', { name: 'Destroy' }).click();
  await page.waitForURL(/\/dashboard\/sandboxes$/, patience);
  await page.getByRole('link', { name: first }).click();
  await page.getByRole('button', { name: 'Destroy' }).click();
  await dialog.getByRole('button', { name: 'Destroy' }).click();
  await page.waitForURL(/\/dashboard\/sandboxes$/, patience);
  await page.getByRole('link', { name: 'Templates', exact: true }).first().click();
  await page.getByRole('link', { name: 'as-it-was', exact: true }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.waitForURL(/\/dashboard\/templates$/);
}, 600_000);

test('nothing of it is left on the machine', async () => {
  await waitFor('no virtual machine runs', () => platform.sandboxMachines() === 0, 30_000);
  const prefix = platform.linkPrefix();
  const links = () => networkThings().filter((name) => name.startsWith(prefix));
  expect(platform.mounts().length).toBeGreaterThan(0); // namespaces are kept ready while it runs
  expect(links().length).toBeGreaterThan(0);
  expect((await platform.down()).code).toBe(0);
  expect(platform.mounts()).toEqual([]);
  // The kernel takes the links of a namespace down in its own time.
  await waitFor('no link is left', () => links().length === 0, 30_000);
  for (const name of ['sandbar-control', 'sandbar-agent', 'postgres', 'sandbar'] as const) expect(platform.pids(name), name).toEqual([]);
}, 180_000);
