// SPDX-License-Identifier: Apache-2.0
export type Side = 'top' | 'right' | 'bottom' | 'left';
export type Align = 'start' | 'center' | 'end';

const kGap = 6;
const kEdge = 8;

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}
interface Size {
  width: number;
  height: number;
}

/** Where a floating box stands beside another: on the wanted side if it fits there, and never outside the window. */
export function place(anchor: Box, size: Size, view: Size, side: Side, align: Align): { left: number; top: number } {
  const room = {
    top: anchor.top,
    bottom: view.height - anchor.top - anchor.height,
    left: anchor.left,
    right: view.width - anchor.left - anchor.width,
  };
  const isUpright = side === 'top' || side === 'bottom';
  const needed = (isUpright ? size.height : size.width) + kGap + kEdge;
  const opposite = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' } as const;
  const chosen = room[side] < needed && room[opposite[side]] > room[side] ? opposite[side] : side;

  const along = (start: number, length: number, own: number) =>
    align === 'start' ? start : align === 'end' ? start + length - own : start + (length - own) / 2;
  const at = {
    left: along(anchor.left, anchor.width, size.width),
    top: along(anchor.top, anchor.height, size.height),
  };
  if (chosen === 'top') at.top = anchor.top - size.height - kGap;
  if (chosen === 'bottom') at.top = anchor.top + anchor.height + kGap;
  if (chosen === 'left') at.left = anchor.left - size.width - kGap;
  if (chosen === 'right') at.left = anchor.left + anchor.width + kGap;

  const within = (value: number, most: number) => Math.max(kEdge, Math.min(value, most - kEdge));
  return { left: within(at.left, view.width - size.width), top: within(at.top, view.height - size.height) };
}

/** The same for elements; the box is positioned by `left` and `top`. */
export function placeBeside(box: HTMLElement, anchor: Element, side: Side, align: Align): void {
  const view = { width: window.innerWidth, height: window.innerHeight };
  const { left, top } = place(anchor.getBoundingClientRect(), box.getBoundingClientRect(), view, side, align);
  box.style.left = `${left}px`;
  box.style.top = `${top}px`;
}
