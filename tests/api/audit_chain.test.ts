// SPDX-License-Identifier: Apache-2.0
// The chain of the audit log: tampering by somebody who owns the database is found, by control and by the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { program, run, temporaryFolder, waitFor } from '@sandbar/test-lib';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform({ hosts: 0 });
const folder = temporaryFolder('sbaudit');
let ada: Client;
let team: string;

afterAll(() => folder.remove());

function insert(count: number): void {
  platform.sql(`SELECT record_audit(jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'team_id', '${team}', 'actor_type', 'system',
    'actor_name', 'Zoë "' || i, 'resource_type', 'sandbox', 'resource_id', 'sb-' || i, 'action', 'create', 'scope', 'team', 'status', 'info',
    'metadata', jsonb_build_object('template', 't' || i, 'cause', jsonb_build_array(i, true, NULL)), 'source_ip', '', 'user_agent', '')))
    FROM generate_series(1, ${count}) i`);
}

/** As the database's owner would, who can switch triggers off. */
function tamper(sql: string): void {
  platform.sql(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
}

const logAt = (seq: number) => `(SELECT log_id FROM audit_chain WHERE team_id = '${team}' AND seq = ${seq})`;
const verified = async (): Promise<Json> => (await ada.get('/v1/audit-logs/verify', 200)).body;
const sealed = () => waitFor('everything is sealed', async () => (await verified()).unsealed === 0);

async function cli(client: Client, ...args: string[]) {
  const config = join(folder.path, `${client.account.user_id}.json`);
  const profile = { url: platform.url, session: client.account.token };
  writeFileSync(config, JSON.stringify({ current: 'p', profiles: { p: profile } }), { mode: 0o600 });
  const done = await run(program('sandbar'), ['audit', ...args], { env: { PATH: process.env.PATH!, HOME: folder.path, SANDBAR_CONFIG: config } });
  return { code: done.code, out: done.stdout.toString(), err: done.stderr.toString() };
}

beforeEach(async () => {
  ada = await platform.newUser();
  team = ada.account.team_id.slice(5);
  insert(8);
  await sealed();
});

test('AU-1: an intact log verifies, by control, by the command line, and by a few lines of ours', async () => {
  const answer = await verified();
  expect(answer).toMatchObject({ ok: true, unsealed: 0 });
  expect(answer.checked).toBeGreaterThanOrEqual(8);
  expect(answer.head_seq).toBe(answer.checked);
  const { code, out } = await cli(ada, 'verify');
  expect(out).toContain('intact');
  expect(out).toContain(`${answer.head_seq}:${answer.head_hash}`);
  expect(code).toBe(0);
  expect((await cli(ada, 'verify', '--expect', `${answer.head_seq}:${answer.head_hash}`)).code).toBe(0);
  const other = await cli(ada, 'verify', '--expect', `${answer.head_seq}:${'0'.repeat(64)}`);
  expect(other.code).toBe(1);
  expect(other.out).toContain('does not go through');

  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = (value: Json): string =>
    Array.isArray(value) ? `[${value.map(canonical).join()}]`
      : value && typeof value === 'object' ? `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`
      : JSON.stringify(value);
  const text = (await ada.get('/v1/audit-logs/export', 200)).body.toString();
  const entries: Json[] = text.trim().split('\n').map((line: string) => JSON.parse(line)).sort((a: Json, b: Json) => a.seq - b.seq);
  let hash = '0'.repeat(64);
  for (const { seq, hash: told, ...entry } of entries) {
    hash = sha256(hash + sha256(canonical(entry)));
    expect(told, `entry ${seq}`).toBe(hash);
  }
  expect(hash).toBe(answer.head_hash);
});

test('AU-1: a changed entry is named, and an honest export does not hide it', async () => {
  tamper(`UPDATE audit_logs SET actor_name = 'nobody' WHERE id = ${logAt(4)}`);
  const answer = await verified();
  expect(answer).toMatchObject({ ok: false, broken: { damage: 'changed', seq: 4 } });
  expect(answer.broken.id).toMatch(/^log-/);
  const { code, out } = await cli(ada, 'verify');
  expect(code).toBe(1);
  expect(out).toContain('entry 4 is not what was sealed');
  const json = JSON.parse((await cli(ada, '--json', 'verify')).out);
  expect(json).toMatchObject({ ok: false, server: { ok: false } });
});

test('AU-1: a removed entry is named', async () => {
  tamper(`DELETE FROM audit_logs WHERE id = ${logAt(2)}`);
  expect(await verified()).toMatchObject({ ok: false, broken: { damage: 'removed', seq: 2 } });
  expect((await cli(ada, 'verify')).out).toContain('entry 2 is missing');
});

test('AU-1: an entry that was slipped in is found', async () => {
  tamper(`INSERT INTO audit_logs (id, team_id, actor_type, resource_type, action) VALUES (gen_random_uuid(), '${team}', 'system', 'team', 'create')`);
  expect(await verified()).toMatchObject({ ok: false, broken: { damage: 'added' } });
  expect((await cli(ada, 'verify')).code).toBe(1);
});

test('AU-1: a log that was cut at its end is found', async () => {
  const { head_seq, head_hash } = await verified();
  tamper(`DELETE FROM audit_logs WHERE id = ${logAt(head_seq)}; DELETE FROM audit_chain WHERE team_id = '${team}' AND seq = ${head_seq}`);
  expect(await verified()).toMatchObject({ ok: false, broken: { damage: 'truncated', seq: head_seq } });
  tamper(`UPDATE audit_heads SET seq = seq - 1, hash = (SELECT hash FROM audit_chain WHERE team_id = '${team}' AND seq = ${head_seq - 1}) WHERE team_id = '${team}'`);
  expect(await verified()).toMatchObject({ ok: true });
  expect((await cli(ada, 'verify', '--expect', `${head_seq}:${head_hash}`)).code).toBe(1);
});

test('AU-1: an export is checked without a server', async () => {
  const file = join(folder.path, 'export.jsonl');
  expect((await cli(ada, 'export', '-o', file)).code).toBe(0);
  expect((await cli(ada, 'verify', '--file', file)).out).toContain('intact');
  const text = (await ada.get('/v1/audit-logs/export', 200)).body.toString();
  writeFileSync(file, text.replace('"sb-5"', '"sb-6"'));
  const { code, out } = await cli(ada, 'verify', '--file', file);
  expect(code).toBe(1);
  expect(out).toMatch(/entry \d+ is not what was sealed/);
});

test('AU-1: control that is killed while it seals goes on after its next start, without a fork', async () => {
  insert(3000);
  platform.control.kill();
  await platform.control.ended();
  await platform.startControl();
  await sealed();
  const answer = await verified();
  expect(answer.ok).toBe(true);
  expect(answer.checked).toBeGreaterThanOrEqual(3008);
  const rest = (await ada.get(`/v1/audit-logs/verify?after_seq=${answer.head_seq - 5}`, 200)).body;
  expect(rest).toMatchObject({ ok: true, checked: 5, head_hash: answer.head_hash });
  await ada.refused('GET', '/v1/audit-logs/verify?after_seq=999999', undefined, 404, 'not_found');
});

test('AU-1: owners and admins verify their team, platform admins all; the damage of one team is named', async () => {
  const { email, password } = platform.admin;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  const root = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
  tamper(`UPDATE audit_logs SET source_ip = '1.1.1.1' WHERE id = ${logAt(3)}`);
  const all = (await root.get('/v1/admin/audit-logs/verify', 200)).body;
  expect(all.ok).toBe(false);
  expect(all.broken).toContainEqual({ team_id: `team-${team}`, broken: expect.objectContaining({ damage: 'changed', seq: 3 }) });
  await ada.refused('GET', '/v1/admin/audit-logs/verify', undefined, 403, 'forbidden');
  expect((await platform.asAdmin().get('/v1/audit-logs/verify')).status).toBe(401);
  platform.sql(`UPDATE users_teams SET role = 'admin' WHERE team_id = '${team}'`);
  await ada.get('/v1/audit-logs/verify', 200);
  platform.sql(`UPDATE users_teams SET role = 'member' WHERE team_id = '${team}'`);
  await ada.refused('GET', '/v1/audit-logs/verify', undefined, 403, 'forbidden');
  expect((await cli(ada, 'verify')).code).not.toBe(0);
});
