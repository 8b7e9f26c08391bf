import type box from '@lucide/svelte/icons/box';

/** An icon of `@lucide/svelte/icons/…`. */
export type IconComponent = typeof box;
