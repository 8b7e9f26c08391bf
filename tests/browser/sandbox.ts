// SPDX-License-Identifier: Apache-2.0
// What a person does in the pages of one sandbox, for the files that walk through them.
import { expect } from 'vitest';
import type { Locator, Page } from 'playwright-core';

/** Goes from one view of the sandbox to another by its tab. */
export async function goTo(page: Page, view: 'Overview' | 'Terminal' | 'Files' | 'Metrics' | 'Processes' | 'Events'): Promise<void> {
  const tab = page.getByRole('navigation', { name: 'Views of this sandbox' }).getByRole('link', { name: view });
  await tab.click();
  await expect.poll(() => tab.getAttribute('aria-current')).toBe('page');
}

/** The state that the header tells. */
export const stateIn = (page: Page, state: string): Locator => page.locator(`main header [data-state="${state}"]`);

/** The terminal that is shown, read as a screen reader does. */
export class Terminal {
  constructor(private readonly page: Page) {}

  get box(): Locator {
    return this.page.getByTestId('terminal');
  }

  /** Connected, and put into the mode in which its lines are text of the page. */
  async ready(): Promise<this> {
    await this.is('open');
    const mode = this.page.getByRole('button', { name: 'Screen-reader mode' });
    if ((await mode.getAttribute('aria-pressed')) !== 'true') await mode.click();
    return this;
  }

  is(status: 'open' | 'asleep' | 'reconnecting' | 'ended'): Promise<void> {
    return this.page.locator(`[data-testid="terminal"][data-status="${status}"]`).waitFor({ timeout: 30_000 });
  }

  /** Types a line, with the keyboard. */
  async type(line: string): Promise<void> {
    await this.box.locator('.xterm-screen').click();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  async lines(): Promise<string[]> {
    const rows = await this.box.locator('.xterm-accessibility-tree [role="listitem"]').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
  }

  /** Waits for a line that is just this. */
  async prints(line: string): Promise<void> {
    await expect.poll(() => this.lines(), { timeout: 30_000 }).toContain(line);
  }
}

/** The tree of files, and the editor beside it. */
export class Files {
  constructor(private readonly page: Page) {}

  /** A file or folder in the tree. */
  entry(name: string): Locator {
    return this.page.getByTestId('file-tree').getByRole('treeitem', { name, exact: true });
  }

  /** By the dialog that a button of the toolbar opens. */
  async make(kind: 'file' | 'folder', name: string): Promise<void> {
    await this.page.getByRole('toolbar', { name: 'Files' }).getByRole('button', { name: `New ${kind}` }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'detached' });
    await this.entry(name).waitFor();
  }

  editor(name: string): Locator {
    return this.page.getByRole('textbox', { name: `Contents of ${name}` });
  }

  /** Types at the end of the open file, and saves it by the keyboard. */
  async write(name: string, text: string): Promise<void> {
    await this.editor(name).click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
    const view = this.page.getByTestId('file-view');
    await view.getByText('not saved').waitFor();
    await this.page.keyboard.press('Control+s');
    await view.getByText('not saved').waitFor({ state: 'detached' });
  }
}

/** Fills nothing in: takes what the dialog proposes, and opens what was made. Returns its id. */
export async function createSandbox(page: Page, timeout = 15_000): Promise<string> {
  const dialog = page.getByTestId('create-sandbox');
  await dialog.getByRole('button', { name: 'Create sandbox' }).click();
  const toast = page.getByTestId('toast').filter({ hasText: 'Sandbox created' });
  await toast.getByRole('button', { name: 'Open' }).click({ timeout });
  await page.waitForURL(/\/dashboard\/sandboxes\/sb-[0-9a-f-]{36}/);
  await stateIn(page, 'running').waitFor();
  return /sb-[0-9a-f-]{36}/.exec(page.url())![0];
}
