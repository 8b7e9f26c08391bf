// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '$lib/api/sandboxes';
import { filterRows, kNotGone, optionsOf, statusesOf } from './filter';
import { newDraft, numberProblem, requestOf } from './new_sandbox';
import { newPair } from '$lib/ui/KeyValueEditor.svelte';

const row = (id: string, more: Partial<Sandbox> = {}) =>
  ({ id, status: 'running', template: 'base', host_id: 'host-1', metadata: {}, ...more }) as Sandbox;
const all = { statuses: kNotGone, text: '', template: '', host: '' };
const rows = [
  row('sb-1', { metadata: { owner: 'Ada' } }),
  row('sb-2', { status: 'paused', template: 'python' }),
  row('sb-3', { status: 'stopped', host_id: undefined }),
];
const ids = (filter: object) => filterRows(rows, { ...all, ...filter }).map((each) => each.id);

describe('filters of sandboxes', () => {
  it('leave out what is gone unless it is asked for', () => {
    expect(ids({})).toEqual(['sb-1', 'sb-2']);
    expect(ids({ statuses: statusesOf(['stopped']) })).toEqual(['sb-3']);
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
    expect(statusesOf(['changing'])).toContain('pausing');
    expect(statusesOf(['pausing'])).toEqual(['pausing']);
    expect(statusesOf(['nonsense'])).toEqual(kNotGone);
  });
  it('offer each value once', () => {
    expect(optionsOf(['b', 'a', undefined, 'b', ''])).toEqual(['a', 'b']);
  });
});

describe('a new sandbox', () => {
  it('takes its sizes from the template unless they are given', () => {
    const draft = { ...newDraft('python'), vcpus: '4' };
    expect(requestOf(draft)).toMatchObject({ template: 'python', vcpus: 4, memory_mb: undefined, timeout_sec: 900 });
  });
  it('sends pairs that have a name', () => {
    const draft = { ...newDraft(), env: [newPair(' KEY ', 'a=b'), newPair('', 'lost')] };
    expect(requestOf(draft).env).toEqual({ KEY: 'a=b' });
  });
  it('wants whole numbers', () => {
    expect(numberProblem('')).toBeUndefined();
    expect(numberProblem('2')).toBeUndefined();
    expect(numberProblem('-1')).toBeDefined();
    expect(numberProblem('1.5')).toBeDefined();
  });
});
