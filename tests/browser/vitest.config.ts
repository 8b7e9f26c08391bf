// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '../api/postgres.setup.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One browser at a time: two cores draw one page at a time well.
    fileParallelism: false,
    expect: { poll: { timeout: 15_000 } },
  },
});
