// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { globalSetup: './shared.setup.ts', testTimeout: 60_000, hookTimeout: 180_000, maxWorkers: 2, minWorkers: 1 },
});
