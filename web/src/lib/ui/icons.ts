// SPDX-License-Identifier: Apache-2.0
import type box from '@lucide/svelte/icons/box';

/** An icon of `@lucide/svelte/icons/…`. */
export type IconComponent = typeof box;
