// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';

vi.mock('$app/navigation', () => ({ goto: vi.fn() }));
vi.mock('$app/state', () => ({ page: { url: new URL('http://sandbar.test/dashboard?q=a') } }));

const { listOf, safeNext, withParams } = await import('./url.svelte');

describe('the state in an address', () => {
  const url = new URL('http://sandbar.test/dashboard/sandboxes?q=old&state=running');

  it('sets, lists and leaves out', () => {
    const changed = withParams(url, { q: undefined, state: ['running', 'paused'], template: 'base', host: '' });
    expect(changed.search).toBe('?state=running,paused&template=base');
  });

  it('keeps what it does not name, and the address it came from', () => {
    expect(withParams(url, { sort: '-created_at' }).search).toBe('?q=old&state=running&sort=-created_at');
    expect(url.search).toBe('?q=old&state=running');
  });

  it('carries any text', () => {
    const changed = withParams(url, { q: "O'Neil & <b>, 100%" });
    expect(changed.searchParams.get('q')).toBe("O'Neil & <b>, 100%");
  });

  it('reads lists', () => {
    expect(listOf('running,,paused')).toEqual(['running', 'paused']);
    expect(listOf(null)).toEqual([]);
  });
});

describe('where to go after signing in', () => {
  it.each(['/dashboard/keys', '/dashboard/sandboxes?state=a,b#top'])('takes the path %s', (path) => {
    expect(safeNext(path)).toBe(path);
  });

  it.each([
    null,
    '',
    'dashboard',
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    'javascript:alert(1)',
  ])('does not take %j', (path) => {
    expect(safeNext(path)).toBe('/dashboard');
  });
});
