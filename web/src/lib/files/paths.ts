// SPDX-License-Identifier: Apache-2.0
// Paths of a sandbox: absolute, with single slashes, without a slash at the end.

export function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (!part || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return '/' + parts.join('/');
}

export const join = (folder: string, name: string) => normalise(`${folder}/${name}`);

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

export const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The folders on the way to a path, from the root on, without itself. */
export function ancestorsOf(path: string): string[] {
  const found: string[] = [];
  for (let at = path; at !== '/';) {
    at = parentOf(at);
    found.unshift(at);
  }
  return found;
}

/** Whether `path` is `folder` or lies below it. */
export const isWithin = (path: string, folder: string) =>
  folder === '/' || path === folder || path.startsWith(folder + '/');

/** Where a path is after `from` was renamed to `to`. */
export const moved = (path: string, from: string, to: string) =>
  isWithin(path, from) ? to + path.slice(from.length) : path;

/** Why a name cannot be one of a file; nothing when it can. */
export function nameProblem(name: string): string | undefined {
  if (!name.trim()) return 'Enter a name.';
  if (name === '.' || name === '..') return 'This name is taken by the system.';
  if (name.includes('/')) return 'A name has no slash.';
  if (new TextEncoder().encode(name).length > 255) return 'This name is too long.';
  return undefined;
}
