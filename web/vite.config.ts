// SPDX-License-Identifier: Apache-2.0
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` shows a running Sandbar: SANDBAR_URL says which.
const control = process.env.SANDBAR_URL ?? 'http://127.0.0.1:8080';

// Few files on the first visit. What only one page uses stays with it, and what is big is loaded when it is needed.
const groups = [
  {
    name: 'core',
    test: /node_modules\/(svelte|@sveltejs|clsx|esm-env|devalue)\/|vite\/preload-helper|rolldown\/runtime|src\/lib\/(ui\/(Button|Field|Input|Logo|Spinner)\.svelte|api\/error|url\.svelte)/,
    priority: 30,
  },
  { name: 'audit', test: /src\/lib\/audit\/[A-Za-z]+\.(ts|svelte)$/, minShareCount: 2, priority: 8 },
  {
    name: 'client',
    test: /node_modules\/(openapi-fetch|@tanstack\/(query-core|svelte-query))\/|src\/lib\/(api|session|live)\//,
    minShareCount: 2,
    priority: 10,
  },
  {
    name: 'ui',
    test: /node_modules\/(bits-ui|runed|svelte-toolbelt|@lucide|tabbable|@internationalized)\/|src\/lib\/[^/]+\.ts$|src\/lib\/(ui|shell|forms|team)\//,
    minShareCount: 2,
    priority: 5,
  },
];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  build: {
    target: 'es2022',
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
  server: { proxy: { '/v1': { target: control, ws: true }, '/auth/oauth': control } },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'], setupFiles: ['src/test-setup.ts'] },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
});
