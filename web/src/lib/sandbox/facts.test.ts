// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { makerText, networkText, pairsOf, snippetsOf } from './facts';

const ID = 'sb-9678919d-f62b-47bd-b91a-3c6623085bf8';

test('what the network allows is said in words', () => {
  expect(networkText({ egress: 'allow', allow_cidrs: [], deny_cidrs: [] })).toBe('Everything');
  expect(networkText({ egress: 'allow', deny_cidrs: ['10.0.0.0/8'] })).toBe('Everything but 10.0.0.0/8');
  expect(networkText({ egress: 'deny' })).toBe('Nothing');
  expect(networkText({ egress: 'deny', allow_cidrs: ['1.1.1.1'] })).toBe('Only 1.1.1.1');
  expect(networkText({})).toBe('Everything');
});

test('snippets name this server and this sandbox', () => {
  const { cli, python, curl } = snippetsOf(ID, 'https://sandbar.example');
  expect(cli).toContain(`sandbar shell ${ID}`);
  expect(python).toContain(`"https://sandbar.example/v1/sandboxes/${ID}/exec"`);
  expect(curl.split('\n')[0]).toBe(`curl https://sandbar.example/v1/sandboxes/${ID}/exec \\`);
});

test('small things', () => {
  expect(makerText('key-1')).toBe('an API key');
  expect(makerText('usr-1')).toBe('a member');
  expect(makerText('')).toBe('the platform');
  expect(pairsOf({ b: '1', a: '2' })).toEqual([
    ['a', '2'],
    ['b', '1'],
  ]);
});
