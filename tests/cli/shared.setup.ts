// SPDX-License-Identifier: Apache-2.0
// One installation for all files that do not stop and start it.
import type { TestProject } from 'vitest/node';
import { Installation } from './installation.js';

declare module 'vitest' {
  interface ProvidedContext {
    url: string;
    apiKey: string;
    email: string;
    password: string;
  }
}

export default async function setup(project: TestProject) {
  const installation = await new Installation().start();
  project.provide('url', installation.url);
  project.provide('apiKey', installation.admin.api_key);
  project.provide('email', installation.admin.email);
  project.provide('password', installation.admin.password);
  return () => installation.remove();
}
