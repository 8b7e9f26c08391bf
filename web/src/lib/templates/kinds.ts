// SPDX-License-Identifier: Apache-2.0
import type { Kind } from './lineage';

export const KINDS: Record<Kind, { label: string; tone: 'accent' | 'busy' | 'sleep'; what: string }> = {
  platform: { label: 'Platform', tone: 'accent', what: 'Everybody has it' },
  built: { label: 'Built', tone: 'busy', what: 'Built from a definition' },
  snapshot: { label: 'Snapshot', tone: 'sleep', what: 'Made from a sandbox' },
};

export const launchHref = (name: string) => `/dashboard/sandboxes?create=${encodeURIComponent(name)}`;
export const templateHref = (name: string) => `/dashboard/templates/${encodeURIComponent(name)}`;
