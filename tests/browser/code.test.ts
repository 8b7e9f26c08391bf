// SPDX-License-Identifier: Apache-2.0
// Code that does not arrive: the page asks for it anew, and tells when that does not help.
import { expect, test } from 'vitest';
import { usePlatform } from '../api/platform';
import { dashboard, useBrowsers } from './browser';

const platform = usePlatform({ hosts: 0, settings: { SANDBAR_WEB: dashboard } });
const browsers = useBrowsers(() => platform.url);

test.each(['entry/start', 'entry/app', 'chunks', 'nodes'])('a first page that lost a part (%s) is loaded again', async (part) => {
  const window = await browsers.window();
  let isCut = true;
  await window.page.route(new RegExp(`/_app/immutable/${part}.*\\.js$`), (route) => {
    if (!isCut) return route.continue();
    isCut = false;
    return route.abort('connectionreset');
  });
  await window.open('/login');
  await window.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(window.troubles.splice(0).join()).toContain('ERR_CONNECTION_RESET');
});

test('one that never arrives says so, and offers another try', async () => {
  const window = await browsers.window();
  const { page } = window;
  await page.route(/\/_app\/immutable\/entry\/.*\.js$/, (route) => route.abort('connectionreset'));
  await window.open('/login');
  await page.getByRole('heading', { name: 'The page could not be loaded' }).waitFor();
  await page.unroute(/\/_app\/immutable\/entry\/.*\.js$/);
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(window.troubles.splice(0).length).toBeGreaterThan(0);
});
