// SPDX-License-Identifier: Apache-2.0
// Signing in through other providers: a small GitHub of our own, and npm's oidc-provider.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { freePort } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { OidcProvider } from './oidc';
import { Platform } from './platform';

interface Person {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean }[];
}

const platform = new Platform();
const people = new Map<string, Person>(); // by the code that GitHub gives for them
const grants = new Map<string, { challenge: string; person: string }>();
let github: Server;
let oidc: OidcProvider;
let githubUrl = '';
let issuer = '';

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}

function answerJson(response: ServerResponse, body: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

/** GitHub, as far as it is needed: codes are good for the verifier whose challenge they were asked for with. */
async function serveGithub(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, githubUrl);
  if (url.pathname === '/login/oauth/access_token') {
    const form = await bodyOf(request);
    const grant = grants.get(form.get('code') ?? '');
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    const fits = grant?.challenge === challenge && form.get('client_secret') === 'gh secret';
    return answerJson(response, fits ? { access_token: `gho_${grant!.person}` } : { error: 'bad_verification_code' });
  }
  const person = people.get((request.headers.authorization ?? '').replace('Bearer gho_', ''));
  if (!person) return void response.writeHead(401).end();
  if (url.pathname === '/user') return answerJson(response, { id: person.id, login: person.login, name: person.name, email: 'shown@profile.io' });
  if (url.pathname === '/user/emails') return answerJson(response, person.emails);
  response.writeHead(404).end();
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
}

beforeAll(async () => {
  const [port, githubPort, oidcPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  githubUrl = `http://127.0.0.1:${githubPort}`;
  issuer = `http://127.0.0.1:${oidcPort}`;
  github = createServer((request, response) => void serveGithub(request, response));
  oidc = new OidcProvider(issuer);
  await listen(github, githubPort);
  await oidc.start(`${url}/v1/auth/oauth/oidc/callback`);
  await platform.start({
    hosts: 0,
    settings: {
      SANDBAR_LISTEN: `127.0.0.1:${port}`, SANDBAR_PUBLIC_URL: url, SANDBAR_DASHBOARD_URL: 'https://dashboard.example.org',
      SANDBAR_GITHUB_CLIENT_ID: 'gh', SANDBAR_GITHUB_CLIENT_SECRET: 'gh secret', SANDBAR_GITHUB_URL: githubUrl, SANDBAR_GITHUB_API_URL: githubUrl,
      ...oidc.settings,
    },
  });
});

afterAll(async () => {
  await platform.stop();
  github.close();
  oidc.stop();
});

interface Visit {
  cookie: string;
  setCookie: string;
  url: URL;
}

async function begin(path: string, client = platform.anonymous()): Promise<Visit> {
  const response = await fetch(platform.url + path, { redirect: 'manual', headers: client['headers'] });
  const setCookie = response.headers.getSetCookie().find((one) => one.startsWith('oauth_state='))!;
  const target = response.status === 302 ? response.headers.get('location')! : (await response.json()).auth_url;
  return { cookie: setCookie.split(';')[0], setCookie, url: new URL(target) };
}

/** What GitHub would do with a visitor who agrees: a code for that person. */
function agree(visit: Visit, person: string): string {
  const code = randomBytes(8).toString('hex');
  grants.set(code, { challenge: visit.url.searchParams.get('code_challenge')!, person });
  return code;
}

/** Comes back from the provider; the page's query. */
async function comeBack(path: string, query: Record<string, string>, cookie: string): Promise<URLSearchParams> {
  const headers = cookie ? { Cookie: cookie } : undefined;
  const response = await fetch(`${platform.url}${path}?${new URLSearchParams(query)}`, { redirect: 'manual', headers });
  expect(response.status).toBe(302);
  const page = new URL(response.headers.get('location')!);
  expect(`${page.origin}${page.pathname}`).toMatch(/^https:\/\/dashboard\.example\.org\/auth\/(github|oidc)\/callback$/);
  return page.searchParams;
}

const callback = '/v1/auth/oauth/github/callback';

async function visitGithub(person: string, path = '/v1/auth/oauth/github', client?: Client): Promise<{ page: URLSearchParams; visit: Visit }> {
  const visit = await begin(path, client);
  const page = await comeBack(callback, { code: agree(visit, person), state: visit.url.searchParams.get('state')! }, visit.cookie);
  return { page, visit };
}

const exchange = (page: URLSearchParams, cookie: string) =>
  platform.anonymous().with({ Cookie: cookie }).post('/v1/auth/oauth/exchange', { code: page.get('code') });

async function signInAt(person: string): Promise<Json> {
  const { page, visit } = await visitGithub(person);
  expect(page.get('error')).toBeNull();
  const answer = await exchange(page, visit.cookie);
  expect(answer.status).toBe(200);
  return answer.body;
}

let lastId = 1000;
function newPerson(login: string, email = `${login}@github.io`, verified = true): string {
  people.set(login, { id: ++lastId, login, name: null, emails: [{ email, primary: true, verified }] });
  return login;
}

test('OA-1: a visitor is sent to the provider with a state that only this browser can bring back', async () => {
  const visit = await begin('/v1/auth/oauth/github');
  expect(visit.setCookie).toMatch(/^oauth_state=[0-9a-f]{32}:[0-9a-f]{64}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(`${visit.url.origin}${visit.url.pathname}`).toBe(`${githubUrl}/login/oauth/authorize`);
  const query = Object.fromEntries(visit.url.searchParams);
  expect(query).toMatchObject({ client_id: 'gh', code_challenge_method: 'S256', redirect_uri: `${platform.url}${callback}` });
  expect(visit.cookie).toContain(`oauth_state=${query.state}:`);
  const alias = await begin('/auth/oauth/github');
  expect(alias.url.pathname).toBe('/login/oauth/authorize');
});

test('OA-1: a new identity is a user with a team, and the next visit is the same user', async () => {
  const octo = newPerson('octo');
  people.get(octo)!.name = 'Octo Cat';
  const first = await signInAt(octo);
  expect(first).toMatchObject({ name: 'Octo Cat', email: 'octo@github.io' });
  const user = platform.anonymous().with({ Authorization: `Bearer ${first.token}` });
  expect((await user.get('/v1/teams', 200)).body.items).toMatchObject([{ name: "Octo Cat's Team", role: 'owner' }]);
  expect((await user.get('/v1/me', 200)).body).toMatchObject({ has_password: false, providers: ['github'] });
  expect((await signInAt(octo)).user_id).toBe(first.user_id);
});

test('OA-1: two first visits of one identity at once make one user', async () => {
  const twin = newPerson('twin');
  const both = await Promise.all(Array.from({ length: 4 }, () => signInAt(twin)));
  expect(new Set(both.map((body) => body.user_id)).size).toBe(1);
  expect(platform.sql("SELECT count(*) FROM users WHERE email = 'twin@github.io'")).toBe('1');
});

test('OA-1, W4: no token stands in an address; the code works once, soon, and in this browser only', async () => {
  const { page, visit } = await visitGithub(newPerson('once'));
  expect([...page.keys()]).toEqual(['code']);
  const elsewhere = (await begin('/v1/auth/oauth/github')).cookie;
  expect((await exchange(page, elsewhere)).body.error.code).toBe('invalid_token');
  expect((await exchange(page, '')).body.error.code).toBe('invalid_token');
  const answers = await Promise.all([exchange(page, visit.cookie), exchange(page, visit.cookie)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400]);
  const late = await visitGithub('once');
  platform.sql('UPDATE oauth_codes SET expires_at = now()');
  expect((await exchange(late.page, late.visit.cookie)).body.error.code).toBe('invalid_token');
});

test('OA-1: a state that is missing, changed, another browser’s, another provider’s or used up is refused', async () => {
  const visit = await begin('/v1/auth/oauth/github');
  const other = await begin('/v1/auth/oauth/github');
  const state = visit.url.searchParams.get('state')!;
  const code = agree(visit, newPerson('state'));
  const refused = async (query: Record<string, string>, cookie: string, path = callback) =>
    expect((await comeBack(path, query, cookie)).get('error')).toBe('invalid_state');
  await refused({ code, state }, '');
  await refused({ code, state }, other.cookie);
  await refused({ code, state }, visit.cookie.slice(0, -1) + (visit.cookie.endsWith('0') ? '1' : '0'));
  await refused({ code, state: `${state}0` }, visit.cookie);
  await refused({ code }, visit.cookie);
  await refused({ code, state }, visit.cookie, '/v1/auth/oauth/oidc/callback');
  expect((await comeBack(callback, { code, state }, visit.cookie)).get('code')).toBeTruthy();
  await refused({ code, state }, visit.cookie);
});

test('OA-1: what goes wrong is told to the page by name', async () => {
  const visit = await begin('/v1/auth/oauth/github');
  const state = visit.url.searchParams.get('state')!;
  const error = async (query: Record<string, string>, cookie = visit.cookie) => (await comeBack(callback, query, cookie)).get('error');
  expect(await error({ error: 'access_denied', state })).toBe('access_denied');
  expect(await error({ state })).toBe('missing_code');
  expect(await error({ state, code: 'nonsense' })).toBe('exchange_failed');
  expect((await visitGithub(newPerson('shady', 'shady@github.io', false))).page.get('error')).toBe('email_not_verified');
  const ada = await platform.newUser();
  expect((await visitGithub(newPerson('taken', ada.account.email))).page.get('error')).toBe('email_taken');
  await platform.anonymous().refused('GET', '/v1/auth/oauth/nobody', undefined, 404, 'provider_not_found');
});

test('OA-1: a disabled user does not come in through a provider', async () => {
  const { user_id } = await signInAt(newPerson('gone'));
  platform.sql(`UPDATE users SET status = 'disabled' WHERE id = '${user_id.slice(4)}'`);
  expect((await visitGithub('gone')).page.get('error')).toBe('account_disabled');
});

test('OA-1: an address that waits for its proof gives way to whoever proves it', async () => {
  const email = 'waiting@github.io';
  platform.sql(`INSERT INTO users (id, email, name, status) VALUES (gen_random_uuid(), '${email}', 'Squatter', 'inactive')`);
  expect((await signInAt(newPerson('waiting', email))).name).toBe('waiting');
});

test('an identity is connected to an account, signs it in, and is nobody else’s', async () => {
  const ada = await platform.newUser();
  const lin = newPerson('lin');
  const connect = '/v1/me/providers/github/connect';
  expect((await visitGithub(lin, connect, ada)).page.get('connected')).toBe('github');
  expect((await visitGithub(lin, connect, ada)).page.get('connected')).toBe('github');
  expect((await signInAt(lin)).user_id).toBe(ada.account.user_id);
  const eve = await platform.newUser('Eve');
  expect((await visitGithub(lin, connect, eve)).page.get('error')).toBe('identity_taken');
  expect((await visitGithub(newPerson('lin2'), connect, ada)).page.get('error')).toBe('identity_taken');
  await ada.delete('/v1/me/providers/github', 204);
  expect((await ada.get('/v1/me', 200)).body.providers).toEqual([]);
  await ada.refused('DELETE', '/v1/me/providers/github', undefined, 404, 'provider_not_found');
});

test('a session that has ended meanwhile connects nothing', async () => {
  const ada = await platform.newUser();
  const visit = await begin('/v1/me/providers/github/connect', ada);
  await ada.post('/v1/auth/logout', undefined, 204);
  const query = { code: agree(visit, newPerson('late')), state: visit.url.searchParams.get('state')! };
  expect((await comeBack(callback, query, visit.cookie)).get('error')).toBe('invalid_state');
});

test('the last way to sign in is kept, until there is a password', async () => {
  const { token } = await signInAt(newPerson('only'));
  const only = platform.anonymous().with({ Authorization: `Bearer ${token}` });
  await only.refused('DELETE', '/v1/me/providers/github', undefined, 400, 'last_login_method');
  await only.post('/v1/me/password', { new_password: 'correct horse' }, 204);
  await only.delete('/v1/me/providers/github', 204);
  await platform.anonymous().post('/v1/auth/login', { email: 'only@github.io', password: 'correct horse' }, 200);
});

/** A browser at the OpenID provider: follows redirects, keeps its cookies, and fills in its forms. */
async function signInAtOidc(start: URL, login: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let i = 0; i < 20; ++i) {
    const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    const response = await fetch(url, { redirect: 'manual', headers, ...(form ? { method: 'POST', body: form } : {}) });
    form = undefined;
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split(/=(.*)/);
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location) {
      url = new URL(location, url);
      if (url.origin === platform.url) return url;
      continue;
    }
    const page = await response.text();
    url = new URL(page.match(/action="([^"]+)"/)![1], url);
    form = new URLSearchParams({ prompt: page.match(/name="prompt" value="([^"]+)"/)![1], login, password: 'x' });
  }
  throw new Error('the provider never sends its visitor back');
}

test('OA-1: somebody signs in at an OpenID provider', async () => {
  const visit = await begin('/v1/auth/oauth/oidc');
  expect(visit.url.searchParams.get('nonce')).toBeTruthy();
  const back = await signInAtOidc(visit.url, 'olga');
  const page = await comeBack(back.pathname, Object.fromEntries(back.searchParams), visit.cookie);
  expect(page.get('error')).toBeNull();
  const answer = await exchange(page, visit.cookie);
  expect(answer.body).toMatchObject({ email: 'olga@oidc.io', name: 'Olga Oidc' });
  expect(answer.headers.getSetCookie().join()).toContain('sandbar_refresh=');
});

test('OA-1: an address that the OpenID provider has not verified is not believed', async () => {
  const visit = await begin('/v1/auth/oauth/oidc');
  const back = await signInAtOidc(visit.url, 'unproved');
  const page = await comeBack(back.pathname, Object.fromEntries(back.searchParams), visit.cookie);
  expect(page.get('error')).toBe('email_not_verified');
});

test('the ways to sign in are listed', async () => {
  expect((await platform.anonymous().get('/v1/auth/methods', 200)).body).toEqual({
    providers: [{ provider: 'github', name: 'GitHub' }, { provider: 'oidc', name: 'Single sign-on' }], sends_mail: false });
});
