// SPDX-License-Identifier: Apache-2.0
import type { NewSandbox } from '$lib/api/sandboxes';
import { record_of, type Pair } from '$lib/ui/KeyValueEditor.svelte';

/** What the dialog holds; numbers are texts until they are sent. */
export interface Draft {
  template: string;
  vcpus: string;
  memory_mb: string;
  disk_mb: string;
  timeout_sec: string;
  on_timeout: 'pause' | 'destroy';
  env: Pair[];
  metadata: Pair[];
  has_internet: boolean;
  is_public: boolean;
  wakes: boolean;
}

export function new_draft(template = 'base'): Draft {
  return {
    template,
    vcpus: '',
    memory_mb: '',
    disk_mb: '',
    timeout_sec: '900',
    on_timeout: 'pause',
    env: [],
    metadata: [],
    has_internet: true,
    is_public: false,
    wakes: false,
  };
}

export const kTimeouts = [
  { value: '0', label: 'Never' },
  { value: '300', label: '5 minutes' },
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '14400', label: '4 hours' },
  { value: '86400', label: '1 day' },
];

export function number_problem(text: string): string | undefined {
  if (!text.trim()) return undefined;
  return /^[1-9]\d*$/.test(text.trim()) ? undefined : 'A whole number, or nothing.';
}

function number_of(text: string): number | undefined {
  return text.trim() ? Number(text) : undefined;
}

/** Sizes that are left empty are the template's. */
export function request_of(draft: Draft): NewSandbox {
  return {
    template: draft.template,
    vcpus: number_of(draft.vcpus),
    memory_mb: number_of(draft.memory_mb),
    disk_mb: number_of(draft.disk_mb),
    timeout_sec: Number(draft.timeout_sec),
    on_timeout: draft.on_timeout,
    env: record_of(draft.env),
    metadata: record_of(draft.metadata),
    network: { egress: draft.has_internet ? 'allow' : 'deny' },
    traffic: { public: draft.is_public, auto_resume: draft.wakes },
  };
}
