// SPDX-License-Identifier: Apache-2.0
export function portProblem(text: string | number | null | undefined): string | undefined {
  const number = Number(text);
  if (text === '' || text === null || text === undefined || !Number.isInteger(number) || number < 1 || number > 65_535)
    return 'A number from 1 to 65535.';
  return undefined;
}

/** The address of a port, from the pattern that control tells. */
export const urlOf = (pattern: string, port: number) => pattern.replace('{port}', String(port));

export interface PortRow {
  port: number;
  is_public: boolean;
  /** Differs from what the sandbox says for all its ports. */
  isSet: boolean;
}

/** The ports that are set apart, and those that a person has asked about in this page. */
export function rowsOf(
  set: readonly { port: number; public: boolean }[],
  asked: readonly number[],
  all_public: boolean,
): PortRow[] {
  const rows = new Map<number, PortRow>();
  for (const port of asked) rows.set(port, { port, is_public: all_public, isSet: false });
  for (const { port, public: is_public } of set) rows.set(port, { port, is_public, isSet: true });
  return [...rows.values()].sort((a, b) => a.port - b.port);
}
