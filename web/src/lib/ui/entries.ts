// SPDX-License-Identifier: Apache-2.0
/** Tells rows that have come since the last look from those that were there, so that only new ones move in. */
export class Entries {
  private readonly seen = new Set<string>();
  private is_baseline = true;

  /** What comes next was there already: other filters, a further page. */
  expect_baseline(): void {
    this.is_baseline = true;
  }

  /** The ids that are new. */
  take(ids: readonly string[]): Set<string> {
    const fresh = new Set<string>();
    for (const id of ids) {
      if (!this.seen.has(id) && !this.is_baseline) fresh.add(id);
      this.seen.add(id);
    }
    this.is_baseline = false;
    return fresh;
  }
}
