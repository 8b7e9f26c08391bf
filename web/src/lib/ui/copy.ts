// SPDX-License-Identifier: Apache-2.0
/** Whether the text is on the clipboard now. Pages without a secure context have only the old way. */
export async function copy_text(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copy_by_selection(text);
  }
}

function copy_by_selection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  const before = document.activeElement;
  (before?.closest('[role="dialog"]') ?? document.body).append(area);
  area.select();
  const is_copied = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return is_copied;
}
