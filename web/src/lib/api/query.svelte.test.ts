// SPDX-License-Identifier: Apache-2.0
import { createQuery } from '@tanstack/svelte-query';
import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { queryClient } from './query';

afterEach(() => queryClient.clear());

test('what came while a page waited for something else is there when the page reads it', async () => {
  let release = () => {};
  const shown: string[] = [];
  const end = $effect.root(() => {
    const client = () => queryClient;
    const slow = createQuery(
      () => ({ queryKey: ['slow'], queryFn: () => new Promise<string>((done) => (release = () => done('slow'))) }),
      client,
    );
    const fast = createQuery(() => ({ queryKey: ['fast'], queryFn: async () => 'fast' }), client);
    const error = $derived(slow.error ?? fast.error);
    $effect(() => {
      shown.push(error ? 'failed' : !slow.data || !fast.data ? 'loading' : `${slow.data} and ${fast.data}`);
    });
  });
  flushSync();
  await vi.waitFor(() => expect(queryClient.getQueryData(['fast'])).toBe('fast'));
  release();
  await vi.waitFor(() => expect(queryClient.getQueryData(['slow'])).toBe('slow'));
  await vi.waitFor(() => expect(shown.at(-1)).toBe('slow and fast'));
  end();
});
