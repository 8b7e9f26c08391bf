// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';
import { AUDIT_EVENTS } from '$lib/audit/catalogue';

export type Webhook = components['schemas']['WebhookView'];
export type Delivery = components['schemas']['DeliveryView'];

/** Patterns without those that others cover: `*` covers all, `sandbox.*` all of sandboxes. */
export function normalPatterns(patterns: readonly string[]): string[] {
  const all = new Set(patterns.map((pattern) => pattern.trim()).filter(Boolean));
  if (all.has('*')) return ['*'];
  return [...all].filter((pattern) => pattern.endsWith('.*') || !all.has(`${pattern.split('.')[0]}.*`)).sort();
}

export function covers(patterns: readonly string[], event: string): boolean {
  return patterns.includes('*') || patterns.includes(event) || patterns.includes(`${event.split('.')[0]}.*`);
}

/** One event of a kind, switched on or off: the whole kind is written as `kind.*`. */
export function toggleEvent(patterns: readonly string[], event: string): string[] {
  const [kind] = event.split('.') as [string];
  const events = (AUDIT_EVENTS[kind] ?? []).map((action) => `${kind}.${action}`);
  const chosen = new Set(events.filter((each) => covers(patterns, each)));
  if (chosen.has(event)) chosen.delete(event);
  else chosen.add(event);
  const rest = expandAll(patterns).filter((pattern) => pattern !== `${kind}.*` && !events.includes(pattern));
  return normalPatterns([...rest, ...(chosen.size === events.length ? [`${kind}.*`] : chosen)]);
}

export function toggleKind(patterns: readonly string[], kind: string): string[] {
  const rest = expandAll(patterns).filter((pattern) => pattern.split('.')[0] !== kind);
  const isWhole = covers(patterns, `${kind}.*`);
  return normalPatterns(isWhole ? rest : [...rest, `${kind}.*`]);
}

function expandAll(patterns: readonly string[]): string[] {
  return patterns.includes('*') ? Object.keys(AUDIT_EVENTS).map((kind) => `${kind}.*`) : [...patterns];
}

export function urlProblem(text: string): string | undefined {
  try {
    const url = new URL(text.trim());
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'Must begin with https://';
    return url.username || url.password ? 'Must not contain a user or password' : undefined;
  } catch {
    return 'Enter a whole address, such as https://hooks.example.org/sandbar';
  }
}

/** JSON as people read it; anything else as it is. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** A webhook as a state: switched off, in trouble, or in order. */
export function stateOf(webhook: Pick<Webhook, 'enabled' | 'failing_since'>): 'enabled' | 'failing' | 'disabled' {
  if (!webhook.enabled) return 'disabled';
  return webhook.failing_since ? 'failing' : 'enabled';
}
