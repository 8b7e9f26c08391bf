// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium and the built dashboard, for one test file. Every page that a test opens is watched: an error in its
// console, an exception, or a request to another origin fails the test.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { program } from '@sandbar/test-lib';
import { chromium as engine, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page, type Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Client } from '../api/client';

/** Where `./dev build web` puts it, beside the programs. */
export const dashboard = join(dirname(program('sandbar-control')), '../share/sandbar/web');
export const chromium = '/usr/bin/chromium';
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
  /** Hosts of other origins that the test itself leads to. */
  readonly foreignHosts = new Set<string>();

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly origin: string,
  ) {
    page.on('pageerror', (error) => this.troubles.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      // What the API refused, or a server that is away, is shown in the page; the browser's own line about it is no fault.
      const isOfRefusal = /^(Failed to load resource|WebSocket connection to)/.test(message.text());
      if (message.type() === 'error' && !isOfRefusal) this.troubles.push(message.text());
    });
    const isScript = (request: Request) => request.resourceType() === 'script';
    page.on('requestfailed', (request) => {
      if (isScript(request)) this.troubles.push(`${request.url()} was not loaded: ${request.failure()?.errorText}`);
    });
    page.on('response', (response) => {
      if (isScript(response.request()) && response.status() >= 400) this.troubles.push(`${response.url()} answered ${response.status()}`);
    });
    page.on('request', (request) => {
      this.requests.push(`${request.method()} ${request.url()}`);
      const { protocol, host } = new URL(request.url());
      const isOurs = host === new URL(origin).host || this.foreignHosts.has(host);
      if (!['data:', 'blob:'].includes(protocol) && !isOurs) this.troubles.push(`request to ${request.url()}`);
    });
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  /** Signs in by the form, as a person does. */
  async signIn(who: Who, next = '/dashboard'): Promise<void> {
    await this.open(`/login?next=${encodeURIComponent(next)}`);
    await this.fillSignIn(who, next);
  }

  /** At the form already: nothing is loaded anew. */
  async fillSignIn(who: Who, next = '/dashboard'): Promise<void> {
    await this.page.getByLabel('Email').fill(who.email);
    await this.page.getByLabel('Password', { exact: true }).fill(who.password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.waitForURL(this.origin + next);
    await this.settled();
  }

  /** What the sidebar's switcher says. */
  get currentTeam(): Locator {
    return this.page.getByTestId('current-team');
  }

  sidebarLink(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
  }

  async switchTeam(name: string): Promise<void> {
    await this.page.getByTestId('team-switcher').click();
    await this.page.getByRole('menuitemradio', { name }).click();
    await this.currentTeam.filter({ hasText: name }).waitFor();
    await this.settled();
  }

  /** The text to which `aria-describedby` points. */
  async descriptionOf(element: Locator): Promise<string | null> {
    const id = await element.getAttribute('aria-describedby');
    return this.page.locator(`[id="${id}"]`).textContent();
  }

  toast(text: string): Locator {
    return this.page.getByTestId('toast').filter({ hasText: text });
  }

  /** "GET /v1/teams", without the query. */
  countOf(request: string): number {
    return this.requests.filter((one) => one.replace(this.origin, '').split('?')[0] === request).length;
  }

  /** Requests that match wait until the answer of this is called. */
  async hold(pattern: RegExp, method?: string): Promise<() => void> {
    let release = () => {};
    const held = new Promise<void>((go) => (release = go));
    await this.page.route(pattern, async (route) => {
      if (!method || route.request().method() === method) await held;
      await route.continue();
    });
    return release;
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

  async start(executablePath = chromium): Promise<void> {
    if (!existsSync(join(dashboard, 'index.html'))) throw new Error('the dashboard is not built: ./dev build web');
    this.browser = await engine.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
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
