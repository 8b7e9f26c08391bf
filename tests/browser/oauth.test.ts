// SPDX-License-Identifier: Apache-2.0
// Signing in through a provider, as a person does it: at the provider's own pages, and back.
import { freePort } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OidcProvider } from '../api/oidc';
import { Platform } from '../api/platform';
import { dashboard, useBrowsers, whoIs, type Window } from './browser';

const platform = new Platform();
let provider: OidcProvider;
beforeAll(async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  provider = new OidcProvider(`http://127.0.0.1:${await freePort()}`);
  await provider.start(`${url}/v1/auth/oauth/oidc/callback`);
  await platform.start({
    hosts: 0,
    settings: {
      SANDBAR_LISTEN: new URL(url).host, SANDBAR_PUBLIC_URL: url, SANDBAR_DASHBOARD_URL: url, SANDBAR_WEB: dashboard,
      SANDBAR_OIDC_NAME: 'Example ID', ...provider.settings,
    },
  });
});
afterAll(async () => {
  await platform.stop();
  provider.stop();
});
const browsers = useBrowsers(() => platform.url);

/** At the provider: its form, then its question whether Sandbar may know who that is. */
async function agreeAs(window: Window, name: string): Promise<void> {
  await window.page.locator('input[name=login]').fill(name);
  await window.page.locator('input[name=password]').fill('anything');
  await window.page.getByRole('button', { name: 'Sign-in' }).click();
  await window.page.getByRole('button', { name: 'Continue' }).click();
}

async function visitor(): Promise<Window> {
  const window = await browsers.window();
  // Its pages ask for a font elsewhere, which they do not get.
  for (const host of [new URL(provider.issuer).host, 'fonts.googleapis.com']) window.foreignHosts.add(host);
  await window.page.route('https://fonts.googleapis.com/**', (route) => route.abort());
  return window;
}

test('OA-1: who is new gets an account, a team, and the page that was asked for', async () => {
  const window = await visitor();
  await window.open('/dashboard/keys');
  await window.page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await agreeAs(window, 'olga');
  await window.page.waitForURL(`${platform.url}/dashboard/keys`);
  await window.settled();
  expect(await window.currentTeam.textContent()).toContain('Olga Oidc');
  expect(window.requests.filter((one) => /[?&](token|access_token)=/.test(one))).toEqual([]);
  // The code is in no entry of the history.
  await window.page.goBack();
  expect(window.page.url()).not.toContain('code=');
});

test('OA-1: who says no there is told so here', async () => {
  const window = await visitor();
  await window.open('/login');
  await window.page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await window.page.getByRole('link', { name: 'Cancel' }).click();
  await window.page.getByRole('alert').filter({ hasText: 'You did not allow it' }).waitFor();
  await window.page.getByRole('link', { name: 'Go to sign in' }).click();
  await window.page.getByLabel('Email').waitFor();
});

test('OA-1: an account is connected with the provider in its settings, and signs in with it then', async () => {
  const user = await platform.newUser('Ada Lovelace');
  const window = await visitor();
  await window.signIn(whoIs(user), '/dashboard/settings');
  await window.page.getByRole('button', { name: 'Connect Example ID' }).click();
  await agreeAs(window, 'ada-at-oidc');
  await window.page.getByRole('button', { name: 'Disconnect Example ID' }).waitFor();
  const other = await visitor();
  await other.open('/login');
  await other.page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await agreeAs(other, 'ada-at-oidc');
  await other.page.waitForURL(`${platform.url}/dashboard`);
  expect(await other.currentTeam.textContent()).toContain('Ada Lovelace');
});
