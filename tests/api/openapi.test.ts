// SPDX-License-Identifier: Apache-2.0
// The API's document: complete, valid, and served with a page to try it. That answers are as it says is checked by the
// client (client.ts) of every test.
import { execFileSync } from 'node:child_process';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { program } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });
let api: Json;

beforeAll(async () => {
  api = (await platform.anonymous().get('/openapi.json', 200)).body;
});

const operations = (): [string, string, Json][] =>
  Object.entries<Json>(api.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): [string, string, Json] => [path, method, operation]));
const resolved = (schema: Json): Json => (schema.$ref ? api.components.schemas[schema.$ref.split('/').pop()] : schema);
const body = (path: string, method: string): Json => resolved(api.paths[path][method].requestBody.content['application/json'].schema);
const answer = (path: string, method: string, status: number): Json =>
  resolved(api.paths[path][method].responses[status].content['application/json'].schema);
/** Of one item, if it is a list. */
const item = (schema: Json): Json => resolved(schema.properties.items ? schema.properties.items.items : schema);

/** The block style that our documents are written in. */
function parseYaml(text: string): Json {
  const lines = text.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  let at = 0;
  const indent = (line: string) => line.length - line.trimStart().length;
  function block(depth: number): Json {
    const isList = lines[at].trimStart().startsWith('-');
    const out: Json = isList ? [] : {};
    while (at < lines.length && indent(lines[at]) === depth) {
      const line = lines[at++].trimStart();
      const colon = isList ? 1 : line.startsWith('"') ? line.indexOf('":') + 2 : line.indexOf(':') + 1;
      const rest = line.slice(colon).trim();
      const value = rest ? JSON.parse(rest) : block(depth + 2);
      if (isList) out.push(value);
      else {
        const key = line.slice(0, colon - 1);
        out[key.startsWith('"') ? JSON.parse(key) : key] = value;
      }
    }
    return out;
  }
  return block(0);
}

test('DO-1: the YAML and the JSON document are the same, and what the program prints', async () => {
  const yaml = await platform.anonymous().get('/openapi.yaml', 200);
  expect(yaml.headers.get('content-type')).toContain('yaml');
  const text = yaml.body.toString();
  expect(parseYaml(text)).toEqual(api);
  expect(execFileSync(program('sandbar-control'), ['--print-openapi'], { encoding: 'utf8', maxBuffer: 1 << 24 })).toBe(text);
});

test('DO-1: it is OpenAPI 3.1: every operation has an id, answers and its path parameters, every reference leads somewhere', () => {
  expect(api.openapi).toBe('3.1.0');
  expect(api.info.title && api.info.version).toBeTruthy();
  const ids = operations().map(([, , operation]) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [path, method, operation] of operations()) {
    const holes = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    const named = (operation.parameters ?? []).filter((one: Json) => one.in === 'path').map((one: Json) => one.name).sort();
    expect(named, `${method} ${path}`).toEqual(holes);
    expect(Object.keys(operation.responses).length, `${method} ${path}`).toBeGreaterThan(1);
    for (const [status, response] of Object.entries<Json>(operation.responses)) {
      expect(status).toMatch(/^([1-5]\d\d|default)$/);
      expect(response.description, `${method} ${path} ${status}`).toBeTruthy();
    }
    for (const scheme of (operation.security ?? []).flatMap((one: Json) => Object.keys(one)))
      expect(api.components.securitySchemes).toHaveProperty(scheme);
  }
  const text = JSON.stringify(api);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) expect(api.components.schemas, name).toHaveProperty(name);
  const ajv = addFormats(new Ajv2020({ strict: false }) as never) as unknown as Ajv2020;
  ajv.addSchema({ $id: 'api', components: api.components });
  for (const name of Object.keys(api.components.schemas)) ajv.compile({ $ref: `api#/components/schemas/${name}` });
});

test('DO-1: every route is in the document, and everything in the document is a route', () => {
  const printed = execFileSync(program('sandbar-control'), ['--print-routes'], { encoding: 'utf8' });
  const routes = printed.trim().split('\n').map((line) => line.split(/\s+/)).map(([method, path, access]) => `${method} ${path} ${access}`);
  const described = operations().map(([path, method, operation]) => `${method.toUpperCase()} ${path} ${operation['x-access']}`);
  expect(described.sort()).toEqual(routes.sort());
});

test('DO-1: accounts: what signing up needs, and that names come back', () => {
  const signup = body('/v1/auth/signup', 'post');
  expect(signup.required.sort()).toEqual(['email', 'name', 'password']);
  expect(signup.properties.password.minLength).toBe(8);
  expect(signup.properties.name.maxLength).toBe(100);
  for (const path of ['/v1/auth/login', '/v1/auth/switch-team']) {
    const signedIn = answer(path, 'post', 200);
    expect(signedIn.properties).toHaveProperty('name');
    expect(signedIn.required).toContain('name');
  }
});

test('DO-1: states and roles: missing, unreachable, owner, admin, member', () => {
  expect(item(answer('/v1/sandboxes', 'get', 200)).properties.status.enum).toContain('missing');
  expect(item(answer('/v1/hosts', 'get', 200)).properties.status.enum).toContain('unreachable');
  const team = item(answer('/v1/teams', 'get', 200));
  expect(team.properties.role.enum.sort()).toEqual(['admin', 'member', 'owner']);
  expect(team.properties).toHaveProperty('is_byoc');
  expect(team.properties.slug.example).toMatch(/^[0-9a-f]{6}-[0-9a-f]{6}$/);
  expect(team.properties.slug.example).toMatch(new RegExp(team.properties.slug.pattern));
});

test('DO-1: refusals: 401 of refresh and register, 404 of heartbeat, 409 of host removal with ids', () => {
  expect(api.paths['/v1/hosts/auth/refresh'].post.responses).toHaveProperty('401');
  expect(api.paths['/v1/hosts/register'].post.responses).toHaveProperty('401');
  expect(api.paths['/v1/hosts/{id}/heartbeat'].post.responses).toHaveProperty('404');
  const inUse = resolved(answer('/v1/hosts/{id}', 'delete', 409).properties.error);
  expect(inUse.properties.sandbox_ids.items.pattern).toMatch(/^\^sb-/);
  expect(item(answer('/v1/hosts', 'get', 200)).properties).toHaveProperty('team_name');
});

test('DO-1: who may call is in the document: keys where the table lets them in, 401 wherever credentials are needed', () => {
  for (const [path, method, operation] of operations()) {
    const what = `${method} ${path}`;
    const schemes = (operation.security ?? []).flatMap((one: Json) => Object.keys(one));
    if (operation['x-access'] === 'open') expect(schemes, what).toEqual([]);
    else expect(operation.responses, what).toHaveProperty('401');
    expect(schemes.includes('api_key'), what).toBe('x-key-scopes' in operation);
  }
});

test('DO-1, W13: /docs is a page of ours alone, under a policy that lets nothing else run', async () => {
  const page = await platform.anonymous().get('/docs', 200);
  expect(page.headers.get('content-type')).toContain('text/html');
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const html: string = page.body;
  const references = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(references).toContain('docs/page.js');
  expect(references.filter((one) => /^(?:[a-z]+:)?\/\//.test(one))).toEqual([]);
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|style="/);
  const script: string = (await platform.anonymous().get('/docs/page.js', 200)).body;
  expect(script).toContain("fetch('openapi.json')");
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\//);
  const style: string = (await platform.anonymous().get('/docs/page.css', 200)).body;
  expect(style).not.toMatch(/url\(|@import/);
});

test('W13: what goes wrong inside is not told outside', async () => {
  const ada = await platform.newUser();
  platform.sql('ALTER TABLE team_api_keys RENAME TO team_api_keys_away');
  try {
    const { status, body: said } = await ada.get('/v1/api-keys');
    expect(status).toBe(500);
    expect(said.error.code).toBe('internal_error');
    expect(JSON.stringify(said)).not.toMatch(/team_api_keys|relation|SELECT|42P01/i);
  } finally {
    platform.sql('ALTER TABLE team_api_keys_away RENAME TO team_api_keys');
  }
});
