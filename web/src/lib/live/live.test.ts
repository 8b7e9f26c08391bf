// SPDX-License-Identifier: Apache-2.0
import { InfiniteQueryObserver, QueryClient } from '@tanstack/svelte-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, Live } from './live.svelte';

class FakeSocket {
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;
  isClosed = false;

  constructor(
    readonly path: string,
    readonly query: Record<string, unknown>,
  ) {}

  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  hello(seq: number, resumed: boolean) {
    this.say({ type: 'hello', seq, resumed });
  }
  drop() {
    this.isClosed = true;
    this.onclose?.();
  }
  close() {
    if (!this.isClosed) this.drop();
  }
}

let sockets: FakeSocket[];
let isRefused: boolean;
let cache: QueryClient;
let live: Live;

const openSocket = async (path: string, query: Record<string, unknown> = {}) => {
  if (isRefused) throw new Error('no ticket');
  const socket = new FakeSocket(path, query);
  sockets.push(socket);
  return socket as unknown as WebSocket;
};
const settle = () => vi.advanceTimersByTimeAsync(0);
const last = () => sockets.at(-1) as FakeSocket;
const changed = (seq: number, more: object) => ({
  type: 'changed',
  seq,
  resource: 'sandbox',
  action: 'updated',
  ...more,
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  sockets = [];
  isRefused = false;
  cache = new QueryClient();
  live = new Live(cache, openSocket);
});
afterEach(() => {
  live.disconnect();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the event socket', () => {
  it('says hello and is live', async () => {
    live.connect();
    await settle();
    expect(last().path).toBe('/v1/events');
    expect(last().query.since).toBeUndefined();
    last().hello(5, false);
    expect(live.status).toBe('live');
  });

  it('asks again, after a while, for what was there before it listened', async () => {
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    live.connect();
    await settle();
    const before = Date.now();
    await vi.advanceTimersByTimeAsync(50);
    last().hello(5, false);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(invalidate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_500);
    const predicate = invalidate.mock.calls[0]?.[0]?.predicate;
    expect(predicate?.({ state: { dataUpdatedAt: before } } as never)).toBe(true);
    expect(predicate?.({ state: { dataUpdatedAt: Date.now() } } as never)).toBe(false);
  });

  it('hears of all teams when it is asked to', async () => {
    live.connect('platform');
    await settle();
    expect(last().query.scope).toBe('platform');
  });

  it('patches a row in place, and asks for nothing', async () => {
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    cache.setQueryData(['team-a', 'sandboxes', 'list', {}], {
      pages: [{ items: [{ id: 'sb-1', status: 'running' }] }],
    });
    cache.setQueryData(['team-a', 'sandboxes', 'one', 'sb-1'], { id: 'sb-1', status: 'running' });
    live.connect();
    await settle();
    last().hello(1, true);
    last().say(changed(2, { id: 'sb-1', patch: { status: 'paused' } }));
    expect(cache.getQueryData(['team-a', 'sandboxes', 'one', 'sb-1'])).toEqual({ id: 'sb-1', status: 'paused' });
    expect(cache.getQueryData(['team-a', 'sandboxes', 'list', {}])).toEqual({
      pages: [{ items: [{ id: 'sb-1', status: 'paused' }] }],
    });
    await vi.advanceTimersByTimeAsync(1000);
    const keys = invalidate.mock.calls.map(([filter]) =>
      ['sandboxes', 'stats'].filter((key) => filter?.predicate?.({ queryKey: ['team-a', key], state: {} } as never)),
    );
    expect(keys).toEqual([['stats']]);
  });

  it('asks once for many unknown rows', async () => {
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    live.connect();
    await settle();
    last().hello(1, true);
    for (let n = 2; n < 12; n++) last().say(changed(n, { id: `sb-${n}`, action: 'created' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('lets a further page come before it asks again', async () => {
    const answers: ((page: object) => void)[] = [];
    const list = new InfiniteQueryObserver(cache, {
      queryKey: ['team-a', 'sandboxes', 'list', {}],
      queryFn: () => new Promise<object>((answer) => answers.push(answer)),
      initialPageParam: 0,
      getNextPageParam: (_page, pages) => pages.length,
    });
    list.subscribe(() => undefined);
    answers.shift()?.({});
    live.connect();
    await settle();
    last().hello(1, true);
    void list.fetchNextPage();
    await settle();
    last().say(changed(2, { id: 'sb-1', action: 'created' }));
    await vi.advanceTimersByTimeAsync(200);
    answers.shift()?.({});
    await settle();
    expect(list.getCurrentResult().data?.pages).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(answers).toHaveLength(1);
  });

  it('tells listeners', async () => {
    const heard: string[] = [];
    live.onChange((event) => heard.push(`${event.resource} ${event.id} ${event.action}`));
    live.connect();
    await settle();
    last().hello(1, true);
    last().say(changed(2, { id: 'sb-1', action: 'deleted' }));
    expect(heard).toEqual(['sandbox sb-1 deleted']);
  });
});

describe('a lost connection', () => {
  it('is taken up where it ended', async () => {
    live.connect();
    await settle();
    last().hello(5, false);
    last().say(changed(6, { id: 'sb-1' }));
    last().drop();
    expect(live.status).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(600);
    expect(sockets).toHaveLength(2);
    expect(last().query.since).toBe(6);
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    last().hello(8, true);
    expect(live.status).toBe('live');
    expect(invalidate).not.toHaveBeenCalled();
  });

  it('that cannot be taken up makes everything stale', async () => {
    live.connect();
    await settle();
    last().hello(5, false);
    last().drop();
    await vi.advanceTimersByTimeAsync(600);
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    last().hello(900, false);
    expect(invalidate).toHaveBeenCalledExactlyOnceWith();
  });

  it('polls after two failures, and stops when it is back', async () => {
    isRefused = true;
    live.connect();
    await settle();
    expect(live.status).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(600);
    expect(live.status).toBe('polling');
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    isRefused = false;
    await vi.advanceTimersByTimeAsync(10_500);
    expect(invalidate).toHaveBeenCalled();
    last().hello(1, false);
    expect(live.status).toBe('live');
    invalidate.mockClear();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(invalidate).not.toHaveBeenCalled();
  });

  it('does not poll while nobody looks, and returns at once when somebody does', async () => {
    isRefused = true;
    live.connect();
    await vi.advanceTimersByTimeAsync(5000);
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    const invalidate = vi.spyOn(cache, 'invalidateQueries');
    isRefused = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(invalidate).not.toHaveBeenCalled();
    expect(sockets).toHaveLength(0);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(sockets).toHaveLength(1);
    expect(invalidate).toHaveBeenCalled();
  });

  it('is noticed by silence', async () => {
    live.connect();
    await settle();
    last().hello(1, false);
    await vi.advanceTimersByTimeAsync(40_000);
    last().say({ type: 'ping' });
    await vi.advanceTimersByTimeAsync(40_000);
    expect(live.status).toBe('live');
    await vi.advanceTimersByTimeAsync(6_000);
    expect(live.status).not.toBe('live');
  });

  it('stays ended once it is ended', async () => {
    const end = live.connect();
    await settle();
    end();
    expect(live.status).toBe('off');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });
});

it('waits between half a second and half a minute, longer each time', () => {
  expect(backoff(1, 1)).toBe(500);
  expect(backoff(2, 1)).toBe(1000);
  expect(backoff(3, 0)).toBe(1000);
  expect(backoff(50, 1)).toBe(30_000);
  expect(backoff(50, 0)).toBe(15_000);
});
