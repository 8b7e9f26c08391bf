// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { globalSetup: './postgres.setup.ts', testTimeout: 30_000, hookTimeout: 60_000, maxWorkers: 2, minWorkers: 1 },
});
