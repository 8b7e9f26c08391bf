// SPDX-License-Identifier: Apache-2.0
import type { Query, QueryClient } from '@tanstack/svelte-query';
import { queryClient } from '$lib/api/query';
import { session } from '$lib/session/session.svelte';
import { changeRow } from './patch';
import { ticketedSocket } from './ticketed_socket';

export type Resource =
  | 'sandbox'
  | 'host'
  | 'template'
  | 'build'
  | 'member'
  | 'team'
  | 'api_key'
  | 'webhook'
  | 'invitation'
  | 'audit'
  | 'user';

export interface Changed {
  type: 'changed';
  seq: number;
  resource: Resource;
  id: string;
  action: 'created' | 'updated' | 'deleted';
  patch?: Record<string, unknown>;
}

type Message = { type: 'hello'; seq: number; resumed: boolean } | { type: 'ping'; seq?: number } | Changed;
type Status = 'off' | 'connecting' | 'live' | 'reconnecting' | 'polling';
type Scope = 'team' | 'platform';

/** The second part of the keys whose rows an event names. */
export const kKeyOf: Record<Resource, string> = {
  sandbox: 'sandboxes',
  host: 'hosts',
  template: 'templates',
  build: 'builds',
  member: 'members',
  team: 'teams',
  api_key: 'api_keys',
  webhook: 'webhooks',
  invitation: 'invitations',
  audit: 'audit',
  user: 'users',
};

/** What else is no longer true when one of these has changed. */
const kAlso: Partial<Record<Resource, string[]>> = {
  sandbox: ['stats', 'quotas'],
  member: ['teams'],
  template: ['snapshots'],
};

const kFirstDelay_ms = 500;
const kLongestDelay_ms = 30_000;
const kFailuresBeforePolling = 2;
const kPoll_ms = 10_000;
const kCheck_ms = 5_000;
const kSilence_ms = 45_000;
/** The first of many events is shown soon; what follows it waits, so that a flood is one request a second. */
const kSoon_ms = 100;
const kAtMostEvery_ms = 1000;

/** Half of the growing delay is by chance, so that tabs do not return all at once. */
export function backoff(failures: number, chance = Math.random()): number {
  const whole = Math.min(kLongestDelay_ms, kFirstDelay_ms * 2 ** Math.max(0, failures - 1));
  return Math.max(kFirstDelay_ms, whole * (0.5 + chance / 2));
}

/** A further page is on its way, which asking for all pages again would take away: that waits. */
function is_growing(query: Query): boolean {
  return query.state.fetchStatus === 'fetching' && query.state.fetchMeta?.fetchMore !== undefined;
}

/** One socket per tab tells what has changed; without it the pages ask again every ten seconds. */
export class Live {
  status = $state<Status>('off');
  /** When something was last heard, or last asked for; milliseconds since 1970. */
  updated_at = $state<number>();

  private socket: WebSocket | undefined;
  private scope: Scope = 'team';
  private seq: number | undefined;
  private failures = 0;
  /** Counts attempts: what belongs to an older one is not listened to. */
  private attempt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private checkTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setInterval> | undefined;
  private invalidationTimer: ReturnType<typeof setTimeout> | undefined;
  private invalidatedAt = 0;
  private readonly staleKeys = new Set<string>();
  private readonly listeners = new Set<(event: Changed) => void>();

  constructor(
    private readonly cache: QueryClient,
    private readonly openSocket = ticketedSocket,
  ) {}

  /** Returns what ends it. */
  connect(scope: Scope = 'team'): () => void {
    this.disconnect();
    this.scope = scope;
    this.status = 'connecting';
    document.addEventListener('visibilitychange', this.onVisibility);
    window.addEventListener('online', this.onOnline);
    void this.open();
    return () => this.disconnect();
  }

  /** For what no row of the cache shows: terminals to close, toasts to say. */
  onChange(listener: (event: Changed) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** After a switch of team the old numbers mean nothing. */
  restart(): void {
    if (this.status !== 'off') this.connect(this.scope);
  }

  disconnect(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    window.removeEventListener('online', this.onOnline);
    this.attempt++;
    clearTimeout(this.retryTimer);
    clearTimeout(this.silenceTimer);
    clearTimeout(this.checkTimer);
    clearTimeout(this.invalidationTimer);
    this.invalidationTimer = undefined;
    this.stopPolling();
    this.staleKeys.clear();
    this.socket?.close();
    this.socket = undefined;
    this.seq = undefined;
    this.failures = 0;
    this.status = 'off';
  }

  private async open(): Promise<void> {
    const attempt = ++this.attempt;
    clearTimeout(this.retryTimer);
    try {
      const scope = this.scope === 'platform' ? 'platform' : undefined;
      const socket = await this.openSocket('/v1/events', { since: this.seq, scope });
      if (attempt !== this.attempt) return socket.close();
      this.socket = socket;
      this.watchSilence();
      socket.onmessage = (event) => {
        if (attempt === this.attempt) this.hear(JSON.parse(String(event.data)) as Message);
      };
      socket.onclose = () => this.lose(attempt);
    } catch {
      this.lose(attempt);
    }
  }

  private lose(attempt: number): void {
    if (attempt !== this.attempt || this.status === 'off') return;
    this.socket = undefined;
    clearTimeout(this.silenceTimer);
    this.failures++;
    const isPolling = this.failures >= kFailuresBeforePolling;
    this.status = isPolling ? 'polling' : 'reconnecting';
    if (isPolling) this.startPolling();
    this.attempt++;
    // A hidden tab waits until it is looked at.
    if (!document.hidden) this.retryTimer = setTimeout(() => void this.open(), backoff(this.failures));
  }

  private hear(message: Message): void {
    this.updated_at = Date.now();
    this.watchSilence();
    if (message.type === 'hello') this.welcome(message.seq, message.resumed);
    else if (message.type === 'changed') this.apply(message);
    else if (message.seq !== undefined) this.seq = message.seq;
  }

  private welcome(seq: number, resumed: boolean): void {
    const isFirst = this.seq === undefined && this.status === 'connecting';
    const now = Date.now();
    // What was missed follows, and counts on from where this tab was.
    if (!resumed || this.seq === undefined) this.seq = seq;
    this.failures = 0;
    this.status = 'live';
    this.stopPolling();
    if (resumed) return;
    if (!isFirst) {
      void this.cache.invalidateQueries();
      return;
    }
    // What was asked for before the socket listened may have missed something; there is no hurry about it.
    clearTimeout(this.checkTimer);
    this.checkTimer = setTimeout(() => {
      const isOlder = (at: number) => at > 0 && at < now;
      void this.cache.invalidateQueries({ predicate: (query) => isOlder(query.state.dataUpdatedAt) });
    }, kCheck_ms);
  }

  private apply(event: Changed): void {
    this.seq = event.seq;
    const isKnown = this.patchRows(event);
    const key = kKeyOf[event.resource];
    if (!isKnown || !event.patch) this.invalidateSoon(key);
    for (const also of kAlso[event.resource] ?? []) this.invalidateSoon(also);
    if (event.resource === 'team' || event.resource === 'member') void session.loadTeams().catch(() => undefined);
    for (const listener of this.listeners) listener(event);
  }

  private patchRows(event: Changed): boolean {
    const key = kKeyOf[event.resource];
    let isKnown = false;
    for (const query of this.cache.getQueryCache().findAll({ predicate: (each) => each.queryKey[1] === key })) {
      const patched = changeRow(query.state.data, event.id, (row) =>
        event.action === 'deleted' ? undefined : { ...row, ...event.patch },
      );
      if (!patched.found) continue;
      isKnown = true;
      this.cache.setQueryData(query.queryKey, patched.data, { updatedAt: query.state.dataUpdatedAt });
    }
    return isKnown && event.action !== 'created';
  }

  /** Many events within a moment cause one request per list. */
  private invalidateSoon(key: string): void {
    this.staleKeys.add(key);
    const sinceLast = Date.now() - this.invalidatedAt;
    const wait = Math.max(kSoon_ms, kAtMostEvery_ms - sinceLast);
    this.invalidationTimer ??= setTimeout(() => {
      const keys = new Set(this.staleKeys);
      this.staleKeys.clear();
      this.invalidationTimer = undefined;
      this.invalidatedAt = Date.now();
      const isStale = (query: Query) => keys.has(String(query.queryKey[1]));
      void this.cache.invalidateQueries({ predicate: (query) => isStale(query) && !is_growing(query) });
      const later = this.cache.getQueryCache().findAll({ predicate: (query) => isStale(query) && is_growing(query) });
      for (const query of later) this.invalidateSoon(String(query.queryKey[1]));
    }, wait);
  }

  private watchSilence(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.socket?.close(), kSilence_ms);
  }

  private startPolling(): void {
    this.pollTimer ??= setInterval(() => this.poll(), kPoll_ms);
  }

  private stopPolling(): void {
    clearInterval(this.pollTimer);
    this.pollTimer = undefined;
  }

  private poll(): void {
    if (document.hidden) return;
    this.updated_at = Date.now();
    void this.cache.invalidateQueries();
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) clearTimeout(this.retryTimer);
    else this.returnNow();
  };

  private readonly onOnline = (): void => this.returnNow();

  private returnNow(): void {
    if (this.socket || this.status === 'off' || this.status === 'connecting') return;
    if (this.status === 'polling') this.poll();
    void this.open();
  }
}

export const live = new Live(queryClient);
