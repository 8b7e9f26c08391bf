// SPDX-License-Identifier: Apache-2.0
// What teams may hold, what they use, and what the operator sees of it.
import { program, run, waitFor } from '@sandbar/test-lib';
import { beforeAll, expect, test } from 'vitest';
import type { Client, Json } from './client';
import { usePlatform } from './platform';
import { RunningProgram } from './program';

const settings = {
  SANDBAR_QUOTAS: 'sandboxes=5,templates=2',
  SANDBAR_STATS_PERIOD: '200ms',
  SANDBAR_METRICS_STORE_PERIOD: '200ms',
};
const platform = usePlatform({ settings, agentSettings: { SANDBAR_REAPER_PERIOD: '100ms', SANDBAR_SAMPLE_PERIOD: '300ms' } });
let root: Client; // the platform's admin, signed in

beforeAll(async () => {
  const { email, password } = platform.admin;
  const { body } = await platform.anonymous().post('/v1/auth/login', { email, password }, 200);
  root = platform.anonymous().with({ Authorization: `Bearer ${body.token}` });
});

const putJson = (client: Client, path: string, body: Json, status?: number) =>
  client.request('PUT', path, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }, status);
const quotasPath = (client: Client) => `/v1/admin/teams/${client.account.team_id}/quotas`;
const setQuotas = (client: Client, body: Json, status = 200) => putJson(root, quotasPath(client), body, status);

async function quota(client: Client, name: string): Promise<Json> {
  return (await client.get('/v1/quotas', 200)).body.quotas.find((one: Json) => one.name === name);
}

async function refusal(client: Client, request: Json = {}): Promise<string> {
  return (await client.refused('POST', '/v1/sandboxes', request, 429, 'quota_exceeded')).body.error.message;
}

test('SB-1: of fifty creates at once as many succeed as the quota allows, and the others say why', async () => {
  const ada = await platform.newUser();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ada.post('/v1/sandboxes', {})));
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(5);
  for (const { status, body } of answers.filter((answer) => !made.includes(answer))) {
    expect([status, body.error.code]).toEqual([429, 'quota_exceeded']);
    expect(body.error.message).toBe('quota of sandboxes: the limit is 5, in use are 5');
    expect(body.error.problems[0].field).toBe('sandboxes');
  }
  expect(await quota(ada, 'sandboxes')).toMatchObject({ limit: 5, used: 5, is_default: true });
  expect(platform.sql(`SELECT count(*) FROM sandboxes WHERE team_id = '${ada.account.team_id.slice(5)}'`)).toBe('5');
  await ada.delete(`/v1/sandboxes/${made[0].body.id}`, 204);
  await ada.sandbox();
  await Promise.all(made.slice(1).map(({ body }) => ada.delete(`/v1/sandboxes/${body.id}`, 204)));
});

test('SB-1: every quota of a team is enforced, and one sandbox has its limits too', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ vcpus: 2, memory_mb: 256, disk_mb: 5000 });
  for (const [limits, request, message] of [
    [{ vcpus: 3 }, { vcpus: 2 }, 'quota of vcpus: the limit is 3, in use are 2'],
    [{ memory_mb: 300 }, { memory_mb: 128 }, 'quota of memory_mb: the limit is 300, in use are 256'],
    [{ disk_mb: 9000 }, { disk_mb: 5000 }, 'quota of disk_mb: the limit is 9000, in use are 5000'],
    [{ sandbox_vcpus: 2 }, { vcpus: 3 }, 'quota of sandbox_vcpus: the limit is 2'],
    [{ sandbox_memory_mb: 200 }, { memory_mb: 256 }, 'quota of sandbox_memory_mb: the limit is 200'],
    [{ sandbox_disk_mb: 100 }, {}, 'quota of sandbox_disk_mb: the limit is 100'],
    [{ sandboxes: 0 }, {}, 'quota of sandboxes: the limit is 0, in use are 1'],
  ] as const) {
    await setQuotas(ada, limits);
    expect(await refusal(ada, request)).toBe(message);
  }
  await setQuotas(ada, {});
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test('SB-4: a paused sandbox frees processors and memory, and comes back only when there is room', async () => {
  const ada = await platform.newUser();
  await setQuotas(ada, { vcpus: 2 });
  const { id } = await ada.sandbox({ vcpus: 2 });
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  expect([(await quota(ada, 'sandboxes')).used, (await quota(ada, 'vcpus')).used]).toEqual([1, 0]);
  const other = await ada.sandbox({ vcpus: 1 });
  await ada.refused('POST', `/v1/sandboxes/${id}/resume`, undefined, 429, 'quota_exceeded');
  expect((await ada.get(`/v1/sandboxes/${id}`, 200)).body.status).toBe('paused');
  await ada.delete(`/v1/sandboxes/${other.id}`, 204);
  expect((await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200)).body.status).toBe('running');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test('SN-1: snapshots count against the quota of templates, also when they are made at once', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => ada.post('/v1/snapshots', { sandbox_id: id, name })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(2);
  expect(refused[0].body.error.message).toBe('quota of templates: the limit is 2, in use are 2');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test("AD-1: a team's own limits are set by the platform's admins alone, and audited", async () => {
  const ada = await platform.newUser();
  await ada.refused('GET', quotasPath(ada), undefined, 403, 'forbidden');
  expect((await putJson(ada, quotasPath(ada), {})).status).toBe(403);
  const { body } = await setQuotas(ada, { sandboxes: 7, vcpus: null });
  expect(body.quotas.find((one: Json) => one.name === 'sandboxes')).toMatchObject({ limit: 7, is_default: false });
  expect((await root.get(quotasPath(ada), 200)).body).toEqual(body);
  await setQuotas(ada, { sandboxes: 7 });
  const audit = (await ada.get('/v1/audit-logs?action=set_quotas', 200)).body.items;
  expect(audit).toHaveLength(1);
  expect(audit[0]).toMatchObject({ resource_type: 'team', metadata: { before: {}, after: { sandboxes: 7 } } });
  for (const bad of [{ sandboxes: -1 }, { sandboxes: 'many' }, { vcpus: 1.5 }]) await setQuotas(ada, bad, 400);
  expect((await putJson(root, '/v1/admin/teams/team-0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11/quotas', {})).status).toBe(404);
  expect((await putJson(root, '/v1/admin/teams/x/quotas', {})).status).toBe(400);
});

test('usage is counted by day from the moments at which sandboxes change', async () => {
  const ada = await platform.newUser();
  const team = ada.account.team_id.slice(5);
  const { id, vcpus, memory_mb, disk_mb } = await ada.sandbox({ vcpus: 2 });
  platform.sql(`UPDATE team_totals SET accrued_at = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '30 hours' WHERE team_id = '${team}'`);
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const read = async () => (await ada.get(`/v1/usage?from=${day(2)}&to=${day(0)}`, 200)).body;
  const { days, total } = await read();
  expect(days.map((row: Json) => row.day)).toEqual([day(2), day(1), day(0)]);
  expect(days[0].sandbox_seconds).toBeCloseTo(6 * 3600, 3);
  expect(days[1]).toMatchObject({ sandbox_seconds: 86400, vcpu_seconds: 86400 * vcpus, memory_mib_seconds: 86400 * memory_mb, disk_mib_seconds: 86400 * disk_mb });
  expect(days[1].peak_running).toBe(1);
  expect(total.sandbox_seconds).toBeCloseTo(days[0].sandbox_seconds + days[1].sandbox_seconds + days[2].sandbox_seconds, 3);
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  const paused = await read();
  const later = await waitFor('time goes on', async () => {
    const now = await read();
    return now.total.disk_mib_seconds > paused.total.disk_mib_seconds && now;
  });
  expect(later.total.sandbox_seconds).toBe(paused.total.sandbox_seconds);
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test('days of usage are asked for in a range of at most 92', async () => {
  const ada = await platform.newUser();
  expect((await ada.get('/v1/usage', 200)).body.days).toHaveLength(30);
  expect((await ada.get('/v1/usage?from=2026-01-01&to=2026-04-02', 200)).body.days).toHaveLength(92);
  for (const query of ['from=2026-01-01&to=2026-04-03', 'from=2026-02-01&to=2026-01-31', 'from=x', 'to=2026-02-30', 'from=2026-1-1'])
    await ada.refused('GET', `/v1/usage?${query}`, undefined, 400, 'invalid_request');
});

test('SB-9: statistics of a team have the present, the peaks and a curve', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox({ vcpus: 2, memory_mb: 512 });
  const stats = async (range: string) => (await ada.get(`/v1/sandboxes/stats?range=${range}`, 200)).body;
  const sampled = await waitFor('a sample is taken', async () => {
    const now = await stats('5m');
    return now.series.running.at(-1) === 1 && now;
  });
  expect(sampled).toMatchObject({ range: '5m', current: { running_count: 1, vcpus_reserved: 2, memory_mb_reserved: 512 } });
  expect(sampled.peaks).toEqual({ running_count: 1, vcpus: 2, memory_mb: 512 });
  for (const [range, points] of [['5m', 100], ['1h', 120], ['6h', 120], ['24h', 120], ['30d', 120]] as const) {
    const { series } = await stats(range);
    for (const line of [series.labels, series.running, series.vcpus, series.memory_mb]) expect(line).toHaveLength(points);
  }
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  expect(await stats('1h')).toMatchObject({ current: { running_count: 0, memory_mb_reserved: 256 }, peaks: { running_count: 1 } });
  expect((await ada.get('/v1/sandboxes/stats', 200)).body.range).toBe('1h');
  await ada.refused('GET', '/v1/sandboxes/stats?range=2h', undefined, 400, 'invalid_request');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test('SB-9: measurements of a sandbox outlive its pause, its end and its host', async () => {
  const ada = await platform.newUser();
  const { id, memory_mb } = await ada.sandbox();
  const points = async (range = '10m') => (await ada.get(`/v1/sandboxes/${id}/metrics?range=${range}`, 200)).body.points as Json[];
  const live = await waitFor('it is measured', async () => {
    const now = await points();
    return now.length >= 3 && now;
  });
  expect(live[0]).toMatchObject({ mem_total_bytes: memory_mb * 2 ** 20 });
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  const paused = await points();
  expect(paused.length).toBeGreaterThanOrEqual(live.length);
  await waitFor('it is stored', () => Number(platform.sql(`SELECT count(*) FROM sandbox_metric_points WHERE sandbox_id = '${id.slice(3)}' AND tier = '10m'`)) >= paused.length);
  expect(await points()).toEqual(paused);
  await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  await waitFor('it goes on', async () => (await points()).length > paused.length);
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  const after = await points();
  expect(after.length).toBeGreaterThan(paused.length);
  for (const range of ['5m', '1h', '2h', '6h', '12h', '24h']) expect((await points(range)).length).toBeGreaterThan(0);
  for (const range of ['3h', '', '10']) await ada.refused('GET', `/v1/sandboxes/${id}/metrics?range=${range}`, undefined, 400, 'invalid_request');
});

test('SB-9: right after a resume the share of the processor is that of now', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  const before = ((await ada.get(`/v1/sandboxes/${id}/metrics`, 200)).body.points as Json[]).length;
  await ada.post(`/v1/sandboxes/${id}/resume`, undefined, 200);
  const busy = ada.post(`/v1/sandboxes/${id}/exec`, { cmd: 'timeout', args: ['2', 'sh', '-c', 'while :; do :; done'] });
  const seen = await waitFor('it is measured', async () => {
    const points = ((await ada.get(`/v1/sandboxes/${id}/metrics`, 200)).body.points as Json[]).slice(before);
    return points.some((point) => point.cpu_pct > 5) && points;
  });
  for (const point of seen) expect(point.cpu_pct).toBeLessThan(400);
  await busy;
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test('C16: a second replica doubles neither samples nor usage, and takes over when the first one dies', async () => {
  const ada = await platform.newUser();
  const team = ada.account.team_id.slice(5);
  const { id } = await ada.sandbox();
  const second: RunningProgram = await platform.startReplica(settings);
  const samples = () => Number(platform.sql(`SELECT count(*) FROM sandbox_metrics_snapshots WHERE team_id = '${team}'`));
  const doubled = () => platform.sql(`SELECT count(*) - count(DISTINCT floor(extract(epoch FROM sampled_at) * 5)) FROM sandbox_metrics_snapshots WHERE team_id = '${team}'`);
  await waitFor('some samples', () => samples() > 5);
  expect(doubled()).toBe('0');
  platform.control.kill();
  await platform.control.ended();
  const left = samples();
  await waitFor('the second one goes on', () => samples() > left + 2);
  expect(doubled()).toBe('0');
  await platform.startControl(settings);
  const elapsed = Number(platform.sql(`SELECT extract(epoch FROM now() - started_at) FROM sandboxes WHERE id = '${id.slice(3)}'`));
  const { total } = (await ada.get('/v1/usage', 200)).body;
  expect(total.sandbox_seconds).toBeGreaterThan(elapsed - 1);
  expect(total.sandbox_seconds).toBeLessThan(elapsed + 10);
  await second.stop();
  await ada.delete(`/v1/sandboxes/${id}`, 204);
});

test("AD-1: the operator sees how each job ran last, and the program's counters", async () => {
  const names = async () => (await root.get('/v1/admin/jobs', 200)).body.items as Json[];
  const jobs = await waitFor('the jobs have run', async () => {
    const items = await names();
    return items.some((job) => job.name === 'team_stats') && items.some((job) => job.name === 'sandbox_reconciler') && items;
  });
  for (const job of jobs) expect(job).toMatchObject({ started_at: expect.any(String), duration_ms: expect.any(Number), failures: expect.any(Number) });
  const ada = await platform.newUser();
  await ada.refused('GET', '/v1/admin/jobs', undefined, 403, 'forbidden');
  await setQuotas(ada, { sandboxes: 0 });
  await refusal(ada);
  const text = (await platform.anonymous().get('/metrics', 200)).body as string;
  expect(text).toMatch(/^sandbar_quota_refusals_total\{quota="sandboxes"\} [1-9]/m);
  expect(text).toMatch(/^sandbar_webhook_deliveries_pending \d+$/m);
  expect(text).toMatch(/^sandbar_job_failures\{job="team_stats"\} \d+$/m);
});

test('the command line shows quotas, usage, statistics and measurements', async () => {
  const { id } = await platform.asAdmin().sandbox();
  const sandbar = async (...args: string[]) => {
    const env = { PATH: process.env.PATH!, HOME: '/nonexistent', SANDBAR_URL: platform.url, SANDBAR_API_KEY: platform.admin.api_key };
    const done = await run(program('sandbar'), args, { env });
    expect(done.stderr.toString()).toBe('');
    expect(done.code).toBe(0);
    return done.stdout.toString();
  };
  expect(await sandbar('quotas')).toMatch(/^sandboxes +5 +1/m);
  expect(JSON.parse(await sandbar('--json', 'quotas')).quotas[0]).toMatchObject({ name: 'sandboxes', limit: 5, used: 1 });
  expect(await sandbar('usage', '--from', new Date().toISOString().slice(0, 10))).toMatch(/^\d{4}-\d\d-\d\d +0\.0/m);
  expect(await sandbar('stats', '--range', '5m')).toMatch(/^now +1 +1 /m);
  expect(JSON.parse(await sandbar('--json', 'metrics', id)).range).toBe('10m');
  await platform.asAdmin().delete(`/v1/sandboxes/${id}`, 204);
});
