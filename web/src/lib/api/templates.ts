// SPDX-License-Identifier: Apache-2.0
import { session } from '$lib/session/session.svelte';
import { api, ok, type Schema } from './client';

export type Template = Schema['TemplateView'];
export type Dependant = Schema['SandboxView'];

export const keys = {
  templates: () => [session.team_id, 'templates'] as const,
  template: (name: string) => [session.team_id, 'templates', name] as const,
  dependants: (id: string) => [session.team_id, 'sandboxes', 'of_template', id] as const,
};

type WithSignal = { signal: AbortSignal };
interface Page<T> {
  items: T[];
  next_cursor?: string;
}

/** Lineage needs the whole list; teams have few templates, so a bound keeps a strange answer from going on forever. */
const MOST_PAGES = 20;

async function allPages<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < MOST_PAGES; i++) {
    const page = await fetchPage(cursor);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (!cursor) break;
  }
  return items;
}

export const templatesOptions = () => ({
  queryKey: keys.templates(),
  queryFn: ({ signal }: WithSignal) =>
    allPages<Template>((cursor) => ok(api.GET('/v1/templates', { params: { query: { limit: 100, cursor } }, signal }))),
});

export const templateOptions = (name: string) => ({
  queryKey: keys.template(name),
  queryFn: ({ signal }: WithSignal) => ok(api.GET('/v1/templates/{name}', { params: { path: { name } }, signal })),
});

export const removeTemplate = (name: string) => api.DELETE('/v1/templates/{name}', { params: { path: { name } } });

const NEEDING = ['pending', 'starting', 'running', 'pausing', 'paused', 'resuming', 'stopping', 'missing'] as const;
const isNeeding = ({ status }: Dependant) => NEEDING.some((each) => each === status);

/** The team's sandboxes that still need a template: it cannot be deleted while there is one. */
export const dependantsOptions = (id: string) => ({
  queryKey: keys.dependants(id),
  queryFn: async ({ signal }: WithSignal): Promise<Dependant[]> => {
    const all = await allPages<Dependant>((cursor) =>
      ok(
        api.GET('/v1/sandboxes', {
          params: {
            query: { limit: 100, cursor, status: [...NEEDING] },
          },
          signal,
        }),
      ),
    );
    return all.filter((sandbox) => sandbox.template_id === id);
  },
  // Events tell of those that have ended since.
  select: (all: Dependant[]) => all.filter(isNeeding),
});
