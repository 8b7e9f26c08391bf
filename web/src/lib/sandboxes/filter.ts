// SPDX-License-Identifier: Apache-2.0
import type { Sandbox, SandboxStatus } from '$lib/api/sandboxes';

/** A chip stands for one state, or for all that pass by. */
export const kChips: { id: string; label: string; statuses: SandboxStatus[] }[] = [
  { id: 'running', label: 'Running', statuses: ['running'] },
  { id: 'paused', label: 'Paused', statuses: ['paused'] },
  {
    id: 'changing',
    label: 'Changing',
    statuses: ['pending', 'starting', 'pausing', 'resuming', 'stopping'],
  },
  { id: 'missing', label: 'Missing', statuses: ['missing'] },
  { id: 'error', label: 'Error', statuses: ['error'] },
  { id: 'stopped', label: 'Stopped', statuses: ['stopped'] },
];

/** What is listed when no state is chosen: everything that is not gone. */
export const kNotGone: SandboxStatus[] = kChips
  .filter((chip) => chip.id !== 'stopped')
  .flatMap((chip) => chip.statuses);

/** Chips, or states themselves: a link may name either. */
export function statusesOf(chosen: string[]): SandboxStatus[] {
  const found = kChips.flatMap((chip) => {
    if (chosen.includes(chip.id)) return chip.statuses;
    return chip.statuses.filter((status) => chosen.includes(status));
  });
  return found.length > 0 ? found : kNotGone;
}

export interface RowFilter {
  statuses: SandboxStatus[];
  text: string;
  template: string;
  host: string;
}

/** Live events change rows under a filter: what it does not let through any more goes. */
export function filterRows(rows: readonly Sandbox[], filter: RowFilter): Sandbox[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      filter.statuses.includes(row.status) &&
      (!filter.template || row.template === filter.template) &&
      (!filter.host || row.host_id === filter.host) &&
      words.every((word) => textOf(row).includes(word)),
  );
}

function textOf(row: Sandbox): string {
  const metadata = Object.entries(row.metadata).map(([key, value]) => `${key}=${value}`);
  return [row.id, row.template, row.host_id ?? '', ...metadata].join(' ').toLowerCase();
}

export function optionsOf(values: (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ''))].toSorted() as string[];
}
