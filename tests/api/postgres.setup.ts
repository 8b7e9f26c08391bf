// SPDX-License-Identifier: Apache-2.0
// One private PostgreSQL cluster for the whole suite. Each test file makes a database in it.
import type { TestProject } from 'vitest/node';
import { Postgres } from './postgres';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string;
  }
}

export default function setup(project: TestProject): () => void {
  const postgres = new Postgres();
  project.provide('postgres', postgres.socket);
  return () => postgres.stop();
}
