// SPDX-License-Identifier: Apache-2.0
// The dashboard's client is typed by the API that this control has.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, repository, run, temporaryFolder } from '@sandbar/test-lib';
import { expect, test } from 'vitest';

test('the types of the API are those of its document', async () => {
  const { path, remove } = temporaryFolder('sbschema');
  const document = await run(program('sandbar-control'), ['--print-openapi']);
  writeFileSync(join(path, 'openapi.yaml'), document.stdout);
  const made = await run(join(repository, 'web/node_modules/.bin/openapi-typescript'), ['openapi.yaml', '-o', 'schema.d.ts'], { cwd: path });
  expect(made.code, made.stderr.toString()).toBe(0);
  const types = readFileSync(join(path, 'schema.d.ts'), 'utf8');
  remove();
  expect(readFileSync(join(repository, 'web/src/lib/api/schema.d.ts'), 'utf8') === types, 'npm run api, in web, renews them').toBe(true);
});
