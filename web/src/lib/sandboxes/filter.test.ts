// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '$lib/api/sandboxes';
import { filter_rows, kNotGone, options_of, statuses_of } from './filter';
import { new_draft, number_problem, request_of } from './new_sandbox';
import { new_pair } from '$lib/ui/KeyValueEditor.svelte';

const row = (id: string, more: Partial<Sandbox> = {}) =>
  ({ id, status: 'running', template: 'base', host_id: 'host-1', metadata: {}, ...more }) as Sandbox;
const all = { statuses: kNotGone, text: '', template: '', host: '' };
const rows = [
  row('sb-1', { metadata: { owner: 'Ada' } }),
  row('sb-2', { status: 'paused', template: 'python' }),
  row('sb-3', { status: 'stopped', host_id: undefined }),
];
const ids = (filter: object) => filter_rows(rows, { ...all, ...filter }).map((each) => each.id);

describe('filters of sandboxes', () => {
  it('leave out what is gone unless it is asked for', () => {
    expect(ids({})).toEqual(['sb-1', 'sb-2']);
    expect(ids({ statuses: statuses_of(['stopped']) })).toEqual(['sb-3']);
  });
  it('look for every word, in metadata too', () => {
    expect(ids({ text: 'owner=ada sb' })).toEqual(['sb-1']);
    expect(ids({ text: 'ada python' })).toEqual([]);
  });
  it('narrow to a template or a host', () => {
    expect(ids({ template: 'python' })).toEqual(['sb-2']);
    expect(ids({ host: 'host-2' })).toEqual([]);
  });
  it('take chips and states alike', () => {
    expect(statuses_of(['changing'])).toContain('pausing');
    expect(statuses_of(['pausing'])).toEqual(['pausing']);
    expect(statuses_of(['nonsense'])).toEqual(kNotGone);
  });
  it('offer each value once', () => {
    expect(options_of(['b', 'a', undefined, 'b', ''])).toEqual(['a', 'b']);
  });
});

describe('a new sandbox', () => {
  it('takes its sizes from the template unless they are given', () => {
    const draft = { ...new_draft('python'), vcpus: '4' };
    expect(request_of(draft)).toMatchObject({ template: 'python', vcpus: 4, memory_mb: undefined, timeout_sec: 900 });
  });
  it('sends pairs that have a name', () => {
    const draft = { ...new_draft(), env: [new_pair(' KEY ', 'a=b'), new_pair('', 'lost')] };
    expect(request_of(draft).env).toEqual({ KEY: 'a=b' });
  });
  it('wants whole numbers', () => {
    expect(number_problem('')).toBeUndefined();
    expect(number_problem('2')).toBeUndefined();
    expect(number_problem('-1')).toBeDefined();
    expect(number_problem('1.5')).toBeDefined();
  });
});
