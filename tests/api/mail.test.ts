// SPDX-License-Identifier: Apache-2.0
// Accounts whose address is proved by mail, and passwords that are reset by mail: with a mail server that speaks TLS, wants
// to know who sends, and is away at times.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { freePort, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from './platform';

interface Letter {
  to: string;
  text: string;
  headers: string;
}

const folder = temporaryFolder('sbmail');
const letters: Letter[] = [];
let server: SMTPServer;
let port = 0;
let refusals = 0;
const platform = new Platform();
let settings: Record<string, string> = {};

function decoded(raw: string): Pick<Letter, 'text' | 'headers'> {
  const [headers, body] = raw.split('\r\n\r\n');
  return { headers, text: Buffer.from(body, 'base64').toString() };
}

async function startServer(): Promise<void> {
  server = new SMTPServer({
    key: readFileSync(join(folder.path, 'key.pem')),
    cert: readFileSync(join(folder.path, 'cert.pem')),
    onAuth: ({ username, password }, _session, done) =>
      username === 'sandbar' && password === 'mail secret' ? done(null, { user: username }) : done(new Error('who are you?')),
    onData: (stream, session, done) => {
      let raw = '';
      stream.on('data', (piece) => (raw += piece));
      stream.on('end', () => {
        if (refusals > 0 && refusals--) return done(Object.assign(new Error('later'), { responseCode: 451 }));
        expect(session.secure).toBe(true);
        letters.push({ to: session.envelope.rcptTo[0].address, ...decoded(raw) });
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
}

const stopServer = () => new Promise<void>((done) => server.close(done));

const letterTo = (to: string, subject: string) =>
  waitFor(`a letter to ${to} about ${subject}`, () => letters.find((one) => one.to === to && one.headers.includes(subject)));

const tokenIn = (letter: Letter) => letter.text.match(/#token=([0-9a-f]{64})/)![1];

beforeAll(async () => {
  const names = ['-keyout', join(folder.path, 'key.pem'), '-out', join(folder.path, 'cert.pem'), '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...names,
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
  port = await freePort();
  await startServer();
  settings = {
    SANDBAR_PUBLIC_URL: 'https://sandbar.example.org', SANDBAR_SMTP_SERVER: `127.0.0.1:${port}`, SANDBAR_SMTP_TLS: 'starttls',
    SANDBAR_SMTP_CA_FILE: join(folder.path, 'cert.pem'), SANDBAR_SMTP_USER: 'sandbar', SANDBAR_SMTP_PASSWORD: 'mail secret',
    SANDBAR_MAIL_FROM: 'Sandbar <no-reply@example.org>', SANDBAR_MAIL_PERIOD: '50ms', SANDBAR_MAIL_RETRY: '50ms',
    SANDBAR_SMTP_TIMEOUT: '2s', SANDBAR_MAIL_PAUSE: '1ms',
  };
  await platform.start({ hosts: 0, settings });
});

afterAll(async () => {
  await platform.stop();
  await stopServer();
  folder.remove();
});

const signUp = (email: string) => platform.anonymous().post('/v1/auth/signup', { email, password: 'correct horse', name: 'Zoë' });

/** A new, active user, and the answer to the activation. */
async function activated(email: string) {
  await signUp(email);
  return platform.anonymous().post('/v1/auth/activate', { token: tokenIn(await letterTo(email, 'Activate')) }, 200);
}

test('US-1: with mails an account is active once the link in its mail was followed, which works once', async () => {
  const email = 'ann@example.org';
  const pending = await signUp(email);
  expect(pending.status).toBe(202);
  expect(pending.body.token).toBeUndefined();
  const login = { email, password: 'correct horse' };
  await platform.anonymous().refused('POST', '/v1/auth/login', login, 403, 'account_not_activated');
  await platform.anonymous().refused('POST', '/v1/auth/signup', { ...login, name: 'Ann' }, 409, 'signup_cooldown');
  const letter = await letterTo(email, 'Activate');
  expect(letter.text).toContain('Hello Zoë,');
  expect(letter.text).toContain('https://sandbar.example.org/activate#token=');
  const token = tokenIn(letter);
  const { body, headers } = await platform.anonymous().post('/v1/auth/activate', { token }, 200);
  expect(headers.get('set-cookie')).toContain('; Secure');
  const ann = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  expect((await ann.get('/v1/teams', 200)).body.items).toHaveLength(1);
  await platform.anonymous().refused('POST', '/v1/auth/activate', { token }, 400, 'already_activated');
  await platform.anonymous().refused('POST', '/v1/auth/activate', { token: 'nonsense' }, 400, 'invalid_token');
  await platform.anonymous().refused('POST', '/v1/auth/signup', { ...login, name: 'Ann' }, 409, 'email_taken');
});

test('tokens of mails are stored nowhere', async () => {
  await activated('eve@example.org');
  const token = tokenIn(await letterTo('eve@example.org', 'Activate'));
  for (const table of ['mails', 'user_mail_tokens'])
    expect(platform.sql(`SELECT count(*) FROM ${table} t WHERE t::text LIKE '%${token}%'`)).toBe('0');
});

test('W8, W10: a reset tells nobody whether there is an account, works once, and ends every session', async () => {
  const email = 'bob@example.org';
  const { body } = await activated(email);
  const bob = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  const mails = () => platform.sql("SELECT count(*) FROM mails WHERE kind = 'password_reset'");
  await platform.anonymous().post('/v1/me/password/reset', { email: 'nobody@example.org' }, 204);
  expect(mails()).toBe('0');
  await platform.anonymous().post('/v1/me/password/reset', { email: ' BOB@example.org' }, 204);
  const token = tokenIn(await letterTo(email, 'Reset'));
  const confirm = '/v1/me/password/reset/confirm';
  await platform.anonymous().refused('POST', confirm, { token, password: 'short' }, 400, 'invalid_request');
  await platform.anonymous().post(confirm, { token, password: 'battery staple' }, 204);
  await platform.anonymous().refused('POST', confirm, { token, password: 'battery staple' }, 400, 'invalid_token');
  await bob.refused('GET', '/v1/me', undefined, 401, 'unauthorized');
  await platform.anonymous().refused('POST', '/v1/auth/login', { email, password: 'correct horse' }, 401, 'unauthorized');
  await platform.anonymous().post('/v1/auth/login', { email, password: 'battery staple' }, 200);
  await letterTo(email, 'was changed');
});

test('a link that is too old is void', async () => {
  await activated('old@example.org');
  await platform.anonymous().post('/v1/me/password/reset', { email: 'old@example.org' }, 204);
  const token = tokenIn(await letterTo('old@example.org', 'Reset'));
  platform.sql('UPDATE user_mail_tokens SET expires_at = now()');
  await platform.anonymous().refused('POST', '/v1/me/password/reset/confirm', { token, password: 'battery staple' }, 400, 'invalid_token');
});

test('of parallel uses of one link exactly one works', async () => {
  await signUp('race@example.org');
  const token = tokenIn(await letterTo('race@example.org', 'Activate'));
  const answers = await Promise.all(Array.from({ length: 5 }, () => platform.anonymous().post('/v1/auth/activate', { token })));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
});

test('a mail that the server does not take is sent again', async () => {
  refusals = 2;
  await signUp('later@example.org');
  await letterTo('later@example.org', 'Activate');
  expect(platform.sql("SELECT attempts FROM mails WHERE recipient = 'later@example.org'")).toBe('3');
});

test('a crash while the mail server is away loses no mail', async () => {
  await stopServer();
  await signUp('crash@example.org');
  platform.control.kill();
  await platform.control.ended();
  await startServer();
  await platform.startControl(settings);
  await letterTo('crash@example.org', 'Activate');
  await waitFor('the row says so', () => platform.sql("SELECT count(*) FROM mails WHERE recipient = 'crash@example.org' AND sent_at IS NOT NULL") === '1');
});

test('an address that nobody proved can be signed up again later, and older links are void then', async () => {
  const email = 'twice@example.org';
  await signUp(email);
  const first = tokenIn(await letterTo(email, 'Activate'));
  platform.sql(`UPDATE users SET updated_at = now() - interval '1 hour' WHERE email = '${email}'`);
  expect((await signUp(email)).status).toBe(202);
  await platform.anonymous().refused('POST', '/v1/auth/activate', { token: first }, 400, 'invalid_token');
});

test('MB-1: an invitation is mailed, accepted with the token in its link, or without it by whom the address is proved', async () => {
  const inviter = (await activated('ida@example.org')).body;
  const ida = platform.anonymous().with({ Authorization: `Bearer ${inviter.token}` });
  const path = `/v1/teams/${inviter.team_id}/invitations`;
  const invited = (await ida.post(path, { email: 'jo@example.org' }, 201)).body;
  expect(invited.token).toBeUndefined();
  const letter = await letterTo('jo@example.org', 'invited');
  expect(letter.text).toContain(`https://sandbar.example.org/invitations/${invited.id}#token=`);
  const jo = platform.anonymous().with({ Authorization: `Bearer ${(await activated('jo@example.org')).body.token}` });
  expect((await jo.get('/v1/me/invitations', 200)).body.items).toMatchObject([{ id: invited.id, needs_token: false }]);
  await jo.refused('POST', `/v1/me/invitations/${invited.id}/accept`, { token: 'wrong' }, 403, 'forbidden');
  await jo.post(`/v1/me/invitations/${invited.id}/accept`, { token: tokenIn(letter) }, 200);
});
