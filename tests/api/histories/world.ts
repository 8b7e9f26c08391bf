// SPDX-License-Identifier: Apache-2.0
// One platform for many histories, the faults that strike it, and the questions that it must answer truly in the end.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { waitFor } from '@sandbar/test-lib';
import { Client, type Json } from '../client';
import { Fleet, type Failpoint } from '../fleet';
import { Postgres } from '../postgres';
import { History, type Modelled } from './history';
import type { Random } from './random';

const settings = { SANDBAR_AGENT_MOVING_LIMIT: '2s', SANDBAR_AGENT_QUICK_LIMIT: '1s', SANDBAR_CREATE_LIMIT: '3s', SANDBAR_TRANSITION_LIMIT: '1s', SANDBAR_ACCESS_LOG: 'none', SANDBAR_DATABASE_WAIT: '60s' };
const faults = ['killControl', 'stopControl', 'killAgent', 'stopAgent', 'dropConnections', 'killDatabase', 'endMachine', 'failpoint'] as const;
const methods = ['CreateSandbox', 'DestroySandbox', 'PauseSandbox', 'ResumeSandbox', 'ListSandboxes', 'SetTimeout', '*'];
const kinds = ['refuse', 'hang', 'late', 'lose', 'die'] as const;
const transitional = ['pending', 'starting', 'pausing', 'resuming', 'stopping', 'missing'];

interface Row {
  id: string;
  team: string;
  host: string;
  status: string;
}

export class World {
  private readonly postgres = new Postgres();
  private readonly fleet = new Fleet(this.postgres.socket);
  /** What has happened to everybody in this round, in the order of events. */
  private struck: string[] = [];
  /** Sandboxes whose machines were ended. */
  private readonly ended = new Set<string>();
  private pausedByAgents = false;

  async start(): Promise<this> {
    await this.fleet.start(2, settings);
    return this;
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
    this.postgres.stop();
  }

  /** Teams of the admin's with a key each, without the cost of a password. */
  newClients(count: number): { client: Client; team: string }[] {
    const made = Array.from({ length: count }, () => ({ team: randomUUID(), key: randomBytes(20).toString('hex') }));
    const values = made.map(({ team, key }) => ({ team, slug: team.replaceAll('-', '').slice(0, 6) + '-' + team.slice(-6),
      hash: createHash('sha256').update(key).digest('hex') }));
    const json = JSON.stringify(values);
    this.fleet.platform.sql(`INSERT INTO teams (id, name, slug) SELECT team, 'History', slug FROM jsonb_to_recordset('${json}') AS t(team uuid, slug text);
      INSERT INTO users_teams (user_id, team_id, role) SELECT u.id, team, 'owner' FROM users u, jsonb_to_recordset('${json}') AS t(team uuid) WHERE u.is_admin;
      INSERT INTO team_api_keys (id, team_id, name, key_hash, key_prefix, created_by)
      SELECT gen_random_uuid(), team, 'history', hash, 'sbk_', u.id FROM users u, jsonb_to_recordset('${json}') AS t(team uuid, hash text) WHERE u.is_admin`);
    return made.map(({ team, key }) => ({ team, client: new Client(this.fleet.platform.url, { 'X-API-Key': `sbk_${key}` }) }));
  }

  /** Runs histories side by side while `count` faults strike, heals everything, and compares. */
  async round(seeds: number[], length: number, count: number, random: Random, make: (seed: number) => Random): Promise<History[]> {
    this.struck = [];
    this.pausedByAgents = false;
    const clients = this.newClients(seeds.length);
    let steps = 0;
    const histories = seeds.map((seed, i) => new History(seed, clients[i].team, clients[i].client, make(seed), () => ++steps, () => this.ready()));
    const at = Array.from({ length: count }, () => random.below(seeds.length * length * 0.8)).sort((a, b) => a - b);
    let over = false;
    const striking = (async () => {
      for (const step of at) {
        await waitFor('the histories go on', () => over || steps >= step, 120_000);
        await this.strike(random);
      }
    })();
    const outcomes = await Promise.allSettled(histories.map((history) => history.run(length)));
    over = true;
    await striking;
    await this.heal();
    outcomes.forEach((outcome, i) => {
      if (outcome.status === 'rejected') throw this.failure(histories[i], String(outcome.reason));
    });
    await this.compare(histories);
    return histories;
  }

  private ready(): Promise<unknown> {
    return waitFor('control answers', async () => (await fetch(`${this.fleet.platform.url}/readyz`)).ok, 60_000);
  }

  private async strike(random: Random): Promise<void> {
    const fault = random.pick(faults);
    const host = random.pick(this.fleet.hosts);
    this.struck.push(fault);
    if (fault === 'killControl') return this.fleet.restartControl();
    if (fault === 'stopControl') {
      await this.fleet.platform.control.stop();
      return this.fleet.platform.startControl(this.fleet.settings);
    }
    if (fault === 'dropConnections')
      return void this.fleet.platform.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    if (fault === 'killDatabase') {
      await this.postgres.kill();
      return this.postgres.restart();
    }
    if (!host.agent.isRunning) return host.start();
    if (fault === 'killAgent') {
      await host.kill();
      return host.start();
    }
    if (fault === 'stopAgent') {
      this.pausedByAgents = true;
      await host.agent.stop();
      return host.start();
    }
    if (fault === 'failpoint') return this.setFailpoint(host, random);
    const held = await host.held().catch(() => []);
    if (held.length === 0) return;
    const { id } = random.pick(held);
    this.ended.add(id);
    await host.endVm(id).catch(() => {});
  }

  private async setFailpoint(host: (typeof this.fleet.hosts)[0], random: Random): Promise<void> {
    const point: Failpoint = { method: random.pick(methods), fault: random.pick(kinds), count: 1 + random.below(3) };
    if (point.fault === 'late') point.delay_ms = 300;
    if (point.fault === 'die') Object.assign(point, { count: 1, after_work: random.next() < 0.5 });
    if (point.fault === 'refuse') point.code = random.pick(['unavailable', 'internal', 'resource_exhausted']);
    this.struck.push(JSON.stringify(point));
    await host.fail(point).catch(() => {});
  }

  private async heal(): Promise<void> {
    for (const host of this.fleet.hosts) {
      await host.heal().catch(() => {});
      if (!host.agent.isRunning) await host.start();
    }
  }

  private failure(history: History, what: string): Error {
    return new Error(`seed ${history.seed}: ${what}\nsteps:\n  ${history.steps.join('\n  ')}\nfaults: ${this.struck.join(', ') || 'none'}\n` +
      `control:\n${this.fleet.platform.control.log.slice(-2000)}`);
  }

  private rows(teams: string[]): Row[] {
    const text = this.fleet.platform.sql(`SELECT coalesce(json_agg(json_build_object('id', 'sb-' || id, 'team', team_id, 'host', 'host-' || host_id, 'status', status)), '[]')
      FROM sandboxes WHERE team_id = ANY('{${teams.join(',')}}')`);
    return JSON.parse(text);
  }

  /** Waits for rest: every row says something final, and every host has exactly what its rows say. */
  private async settled(teams: string[]): Promise<Row[]> {
    return waitFor('the platform comes to rest', async () => {
      const rows = this.rows(teams);
      const moving = rows.filter((row) => transitional.includes(row.status));
      if (moving.length > 0) throw new Error(`still moving: ${JSON.stringify(moving.slice(0, 3))}`);
      const online = this.fleet.platform.sql("SELECT count(*) FROM hosts WHERE status = 'online'");
      if (Number(online) !== this.fleet.hosts.length) throw new Error(`${online} hosts online`);
      for (const host of this.fleet.hosts) this.sameOn(host.id, await host.held());
      return rows;
    }, 40_000);
  }

  /** Over all teams: nothing leaks, nothing is claimed. */
  private sameOn(host: string, held: Json[]): void {
    const text = this.fleet.platform.sql(`SELECT coalesce(string_agg('sb-' || id || ' ' || status, ',' ORDER BY id), '') FROM sandboxes
      WHERE host_id = '${host.slice(5)}' AND status IN ('running', 'paused')`);
    const rows = new Set(text.split(',').filter(Boolean));
    const real = new Set(held.map((one) => `${one.id} ${one.status}`));
    const wrong = [...rows].filter((one) => !real.has(one)).map((one) => `only its row says ${one}`);
    wrong.push(...[...real].filter((one) => !rows.has(one)).map((one) => `only its host says ${one}`));
    if (wrong.length > 0) throw new Error(wrong.slice(0, 3).join('; '));
  }

  private async compare(histories: History[]): Promise<void> {
    const rows = await this.settled(histories.map((history) => history.team)).catch((error) => {
      throw this.failure(histories[0], String(error));
    });
    const audit = this.audit(histories.map((history) => history.team));
    for (const history of histories) {
      const own = new Map(rows.filter((row) => row.team === history.team).map((row) => [row.id, row]));
      const wrong = history.sandboxes.flatMap((modelled) => this.problems(modelled, own.get(modelled.id)?.status, audit.get(modelled.id) ?? {}));
      const unknown = own.size - history.sandboxes.length;
      if (unknown > history.lostCreates) wrong.push(`${unknown} sandboxes that nobody has made`);
      if (wrong.length > 0) throw this.failure(history, wrong.join('\n'));
    }
    this.compareLoad();
  }

  private problems(modelled: Modelled, status: string | undefined, recorded: Record<string, number>): string[] {
    const allowed = new Set<string>(modelled.possible);
    if (this.pausedByAgents && allowed.has('running')) allowed.add('paused');
    if (this.ended.has(modelled.id)) allowed.add('stopped');
    const wrong = [];
    if (!status || !allowed.has(status)) wrong.push(`${modelled.id} is ${status}, and may be ${[...allowed].join(' or ')}`);
    for (const action of ['create', 'pause', 'resume', 'destroy'] as const) {
      const [least, most] = [modelled.done[action], modelled.done[action] + modelled.perhaps[action]];
      const count = recorded[action] ?? 0;
      const excused = action === 'destroy' && count === 0 && this.ended.has(modelled.id);
      if ((count < least || count > most) && !excused) wrong.push(`${modelled.id}: ${count} audit entries of ${action}, expected ${least} to ${most}`);
    }
    return wrong;
  }

  private audit(teams: string[]): Map<string, Record<string, number>> {
    const text = this.fleet.platform.sql(`SELECT coalesce(json_agg(t), '[]') FROM (SELECT resource_id, action, count(*)::int AS count FROM audit_logs
      WHERE team_id = ANY('{${teams.join(',')}}') AND resource_type = 'sandbox' AND actor_type = 'api_key' GROUP BY 1, 2) t`);
    const found = new Map<string, Record<string, number>>();
    for (const { resource_id, action, count } of JSON.parse(text)) found.set(resource_id, { ...found.get(resource_id), [action]: count });
    return found;
  }

  private compareLoad(): void {
    const wrong = this.fleet.platform.sql(`SELECT count(*) FROM host_load l JOIN LATERAL (
        SELECT count(*) AS sandboxes, coalesce(sum(vcpus) FILTER (WHERE status <> 'paused'), 0) AS vcpus,
               coalesce(sum(CASE WHEN status = 'paused' THEN memory_mb / 2 ELSE memory_mb END), 0) AS memory_mb, coalesce(sum(disk_mb), 0) AS disk_mb
        FROM sandboxes s WHERE s.host_id = l.host_id AND status NOT IN ('stopped', 'error')) r ON true
      WHERE (l.sandboxes, l.vcpus, l.memory_mb, l.disk_mb) IS DISTINCT FROM (r.sandboxes, r.vcpus, r.memory_mb, r.disk_mb)`);
    if (wrong !== '0') throw new Error(`the load of ${wrong} hosts is counted wrongly`);
  }

  /** What is left of a round makes the next ones slower only. */
  async clear(histories: History[]): Promise<void> {
    const teams = histories.map((history) => history.team).join(',');
    this.fleet.platform.sql(`UPDATE sandboxes SET status = 'stopping', last_updated = now() - interval '1 hour'
      WHERE team_id = ANY('{${teams}}') AND status NOT IN ('stopped', 'error')`);
    await this.settled(teams.split(','));
  }
}
