// SPDX-License-Identifier: Apache-2.0
/** Tells rows that have come since the last look from those that were there, so that only new ones move in. */
export class Entries {
  private readonly seen = new Set<string>();
  private isBaseline = true;

  /** What comes next was there already: other filters, a further page. */
  expectBaseline(): void {
    this.isBaseline = true;
  }

  /** The ids that are new. */
  take(ids: readonly string[]): Set<string> {
    const fresh = new Set<string>();
    for (const id of ids) {
      if (!this.seen.has(id) && !this.isBaseline) fresh.add(id);
      this.seen.add(id);
    }
    this.isBaseline = false;
    return fresh;
  }
}
