// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// One platform with real virtual machines at a time: they share two cores.
export default defineConfig({
  test: {
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 180_000,
    hookTimeout: 900_000,
  },
});
