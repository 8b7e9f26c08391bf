// SPDX-License-Identifier: Apache-2.0
/** What of the log is shown, as it stands in the page's address. */
export interface AuditFilters {
  resource: string[];
  action: string[];
  actor: string[];
  from: string;
  to: string;
  text: string;
}

export const NO_FILTERS: AuditFilters = { resource: [], action: [], actor: [], from: '', to: '', text: '' };

const LISTS = ['resource', 'action', 'actor'] as const;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function listOf(text: string | null): string[] {
  const values = (text ?? '').split(',').map((value) => value.trim());
  return [...new Set(values.filter(Boolean))];
}

function dayOf(text: string | null): string {
  return text && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : '';
}

export function filtersFrom(params: URLSearchParams): AuditFilters {
  return {
    resource: listOf(params.get('resource')),
    action: listOf(params.get('action')),
    actor: listOf(params.get('actor')),
    from: dayOf(params.get('from')),
    to: dayOf(params.get('to')),
    text: (params.get('text') ?? '').slice(0, 200),
  };
}

/** The same parameters with these filters; what belongs to others stays. */
export function withFilters(params: URLSearchParams, filters: AuditFilters): URLSearchParams {
  const next = new URLSearchParams(params);
  const set = (name: string, value: string) => (value ? next.set(name, value) : next.delete(name));
  for (const name of LISTS) set(name, filters[name].join(','));
  set('from', filters.from);
  set('to', filters.to);
  set('text', filters.text.trim());
  return next;
}

export function isFiltered(filters: AuditFilters): boolean {
  return LISTS.some((name) => filters[name].length > 0) || !!(filters.from || filters.to || filters.text);
}

function startOfDay(day: string, offset = 0): string {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year!, month! - 1, date! + offset).toISOString();
}

/** What the server is asked for. Days are the reader's own, and both are part of the range. */
export function queryOf(filters: AuditFilters) {
  return {
    resource_type: filters.resource.length > 0 ? filters.resource : undefined,
    action: filters.action.length > 0 ? filters.action : undefined,
    actor: filters.actor.length > 0 ? filters.actor : undefined,
    from: filters.from ? startOfDay(filters.from) : undefined,
    to: filters.to ? startOfDay(filters.to, 1) : undefined,
    text: filters.text.trim() || undefined,
  };
}
