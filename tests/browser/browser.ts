// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium and the built dashboard, for one test file. Every page that a test opens is watched: an error in its
// console, an exception, or a request to another origin fails the test.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sandbar/test-lib';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Client } from '../api/client';

export const dashboard = join(repository, 'web/build');
export const desktop = { width: 1280, height: 800 }, phone = { width: 390, height: 844 };
export type Theme = 'light' | 'dark';

export interface Look {
  theme?: Theme;
  viewport?: { width: number; height: number };
  reducedMotion?: 'reduce' | 'no-preference';
}

export interface Who {
  email: string;
  password: string;
}

/** Whom `Platform.newUser()` made. */
export const whoIs = ({ account }: Client): Who => ({ email: account.email, password: account.password });

export class Window {
  readonly troubles: string[] = [];
  readonly requests: string[] = [];

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly origin: string,
  ) {
    page.on('pageerror', (error) => this.troubles.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      // What the API refused is shown in the page; the browser's own line about it is no fault.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.troubles.push(message.text());
    });
    page.on('request', (request) => {
      this.requests.push(`${request.method()} ${request.url()}`);
      const { protocol, host } = new URL(request.url());
      if (!['data:', 'blob:'].includes(protocol) && host !== new URL(origin).host) this.troubles.push(`request to ${request.url()}`);
    });
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  /** Signs in by the form, as a person does. */
  async signIn(who: Who, next = '/dashboard'): Promise<void> {
    await this.open(`/login?next=${encodeURIComponent(next)}`);
    await this.page.getByLabel('Email').fill(who.email);
    await this.page.getByLabel('Password', { exact: true }).fill(who.password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.waitForURL(this.origin + next);
    await this.settled();
  }

  /** The page shows its heading and waits for nothing. */
  async settled(): Promise<void> {
    await this.page.locator('h1').first().waitFor();
    await expect.poll(() => this.page.locator('main [aria-busy="true"]').count(), { timeout: 15_000 }).toBe(0);
  }
}

export class Browsers {
  private browser!: Browser;
  private readonly opened: Window[] = [];

  /** `origin`: where control listens. It is asked when a window opens, so it may come later. */
  constructor(private readonly origin: () => string) {}

  async start(): Promise<void> {
    if (!existsSync(join(dashboard, 'index.html'))) throw new Error('the dashboard is not built: ./dev build web');
    this.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  }

  async window(look: Look = {}): Promise<Window> {
    const options: BrowserContextOptions = {
      viewport: look.viewport ?? desktop,
      colorScheme: look.theme ?? 'light',
      reducedMotion: look.reducedMotion ?? 'no-preference',
      permissions: ['clipboard-read', 'clipboard-write'],
    };
    const context = await this.browser.newContext(options);
    const window = new Window(context, await context.newPage(), this.origin());
    window.page.setDefaultTimeout(15_000);
    this.opened.push(window);
    return window;
  }

  /** A window in which somebody has signed in. */
  async of(who: Who, path = '/dashboard', look: Look = {}): Promise<Window> {
    const window = await this.window(look);
    await window.signIn(who, path);
    return window;
  }

  async closeAll(): Promise<void> {
    const windows = this.opened.splice(0);
    const troubles = windows.flatMap((window) => window.troubles);
    for (const window of windows) await window.context.close();
    expect(troubles).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
  }
}

/** A browser that lives as long as the file's tests; each test's windows are closed after it. */
export function useBrowsers(origin: () => string): Browsers {
  const browsers = new Browsers(origin);
  beforeAll(() => browsers.start());
  afterEach(() => browsers.closeAll());
  afterAll(() => browsers.stop());
  return browsers;
}
