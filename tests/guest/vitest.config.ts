// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// Generous, for machines that do other things too: nothing here waits longer than it must.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
