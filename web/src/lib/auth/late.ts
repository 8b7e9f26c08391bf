// SPDX-License-Identifier: Apache-2.0
import type { calls } from './calls';

let loading: Promise<typeof calls> | undefined;

/** What talks to the server; the first call begins to load it. */
export function lateCalls(): Promise<typeof calls> {
  loading ??= import('./calls').then(
    (file) => file.calls,
    (thrown) => {
      loading = undefined;
      throw thrown;
    },
  );
  return loading;
}
