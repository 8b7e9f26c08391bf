// SPDX-License-Identifier: Apache-2.0
import type { NewSandbox } from '$lib/api/sandboxes';
import { recordOf, type Pair } from '$lib/ui/KeyValueEditor.svelte';

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
  hasInternet: boolean;
  is_public: boolean;
  wakes: boolean;
}

export function newDraft(template = 'base'): Draft {
  return {
    template,
    vcpus: '',
    memory_mb: '',
    disk_mb: '',
    timeout_sec: '900',
    on_timeout: 'pause',
    env: [],
    metadata: [],
    hasInternet: true,
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

export function numberProblem(text: string): string | undefined {
  if (!text.trim()) return undefined;
  return /^[1-9]\d*$/.test(text.trim()) ? undefined : 'A whole number, or nothing.';
}

function numberOf(text: string): number | undefined {
  return text.trim() ? Number(text) : undefined;
}

/** Sizes that are left empty are the template's. */
export function requestOf(draft: Draft): NewSandbox {
  return {
    template: draft.template,
    vcpus: numberOf(draft.vcpus),
    memory_mb: numberOf(draft.memory_mb),
    disk_mb: numberOf(draft.disk_mb),
    timeout_sec: Number(draft.timeout_sec),
    on_timeout: draft.on_timeout,
    env: recordOf(draft.env),
    metadata: recordOf(draft.metadata),
    network: { egress: draft.hasInternet ? 'allow' : 'deny' },
    traffic: { public: draft.is_public, auto_resume: draft.wakes },
  };
}
