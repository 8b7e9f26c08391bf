// SPDX-License-Identifier: Apache-2.0
// The role matrix: who may use which route. The access level in a route's row says what is expected; only what differs
// from that is written here. tests/README.md tells what to do for a new route.
import { execFileSync } from 'node:child_process';
import { program } from '@sandbar/test-lib';
import WebSocket from 'ws';
import type { Client, Json } from './client';

export interface Row {
  method: string;
  path: string;
  access: string;
  /** What an API key needs: "sandboxes", "sandboxes|read", or "-" where keys are not let in. */
  scope: string;
}

export const rows: Row[] = execFileSync(program('sandbar-control'), ['--print-routes'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/))
  .map(([method, path, access, scope]) => ({ method, path, access, scope }));

export const nameOf = (row: Row): string => `${row.method} ${row.path}`;

/** Owner, admin and member of a team; owner of another one; platform admin in no team of these; the team's key; nobody. */
export const roles = ['O', 'A', 'M', 'X', 'P', 'K', 'N'] as const;
export type Role = (typeof roles)[number];

/** Whom an access level lets in. X and P stand in a team of their own: they reach what a path without an id means. */
const letsIn: Record<string, string> = {
  open: 'OAMXPKN', session: 'OAMXP', user: 'OAM', team_member: 'OAMK', team_admin: 'OA', team_owner: 'O', platform_admin: 'P', host_token: '',
};
const isOfTeam = (row: Row) => ['user', 'team_member', 'team_admin', 'team_owner'].includes(row.access);

export interface Exception {
  /** Rows that it is for, as "METHOD /path" or a pattern. */
  row: string | RegExp;
  /** Whom the row really lets in. */
  in?: string;
  /** Each caller who is let in gets a team or a user of its own, because the call uses it up. */
  spends?: 'team' | 'user';
  why: string;
}

/** Order matters: the first that fits a row counts. */
export const exceptions: Exception[] = [
  { row: 'DELETE /v1/teams/{id}', spends: 'team', why: 'the team is gone afterwards' },
  { row: 'POST /v1/teams/{id}/leave', in: 'AM', spends: 'team', why: 'owners cannot leave' },
  { row: 'POST /v1/teams/{id}/transfer', spends: 'team', why: 'the team has another owner afterwards' },
  { row: 'DELETE /v1/teams/{id}/members/{user_id}', spends: 'team', why: 'the member is gone afterwards' },
  { row: 'DELETE /v1/admin/teams/{id}', spends: 'team', why: 'the team is gone afterwards' },
  { row: 'POST /v1/auth/switch-team', in: 'OAM', why: 'only into own teams' },
  { row: 'POST /v1/snapshots', in: 'OAMK', why: 'the sandbox that its body names is the team’s' },
  { row: 'DELETE /v1/api-keys/{id}', in: 'OA', why: 'members revoke only their own keys, and this one is the owner’s' },
  { row: 'POST /v1/ws-tickets', in: 'OAMXPK', why: 'keys that may read open sockets too' },
  { row: 'GET /v1/events', in: 'OAMXPK', why: 'keys that may read hear of what they can read' },
  { row: 'POST /v1/hosts', in: 'OAP', why: 'whoever manages the team, and platform admins' },
  { row: /^POST \/v1\/me\/invitations\/\{id\}/, in: '', why: 'the invitation is for somebody else' },
  { row: /^GET \/v1\/hosts\/\{id\}(\/tags)?$/, in: 'OAMP', why: 'the team’s hosts are seen by its members and by platform admins' },
  { row: /^\w+ \/v1\/hosts\/\{id\}(?!\/heartbeat|\/tunnel)/, in: 'OAP', why: 'hosts are managed by owners and admins of their team, and by platform admins' },
  { row: /^DELETE \/v1\/me(\/|$)/, spends: 'user', why: 'may end the sign-in itself' },
];

const fits = (which: string | RegExp, row: Row) => (typeof which === 'string' ? which === nameOf(row) : which.test(nameOf(row)));
export const exceptionOf = (row: Row): Exception | undefined => exceptions.find((exception) => fits(exception.row, row));

/** What a request needs to get as far as the decision about its object: an incomplete one is refused before, with 400. */
export const requests: { row: string | RegExp; body?: (world: World) => Json; query?: string }[] = [
  { row: 'POST /v1/auth/switch-team', body: ({ team }) => ({ team_id: team }) },
  { row: 'POST /v1/hosts', body: ({ team }) => ({ type: 'byoc', team_id: team }) },
  { row: 'POST /v1/hosts/{id}/tags', body: () => ({ tag: 'gpu' }) },
  { row: 'POST /v1/sandboxes/{id}/exec', body: () => ({ cmd: 'true' }) },
  { row: 'PUT /v1/sandboxes/{id}/ports/{port}', body: () => ({ public: false }) },
  { row: 'POST /v1/sandboxes/{id}/links', body: () => ({ port: 8000 }) },
  { row: /^\w+ \/v1\/sandboxes\/\{id\}\/files/, query: '?path=/tmp/x', body: () => ({ path: '/tmp/x', source: '/tmp/x', destination: '/tmp/y' }) },
  { row: 'POST /v1/snapshots', body: ({ sandbox }) => ({ sandbox_id: sandbox }) },
  { row: 'POST /v1/webhooks', body: () => ({ url: 'https://hooks.example.org/', events: ['x.y'] }) },
  { row: 'PATCH /v1/teams/{id}', body: () => ({ name: 'Crew' }) },
  { row: 'POST /v1/teams/{id}/transfer', body: ({ member }) => ({ user_id: member }) },
  { row: 'POST /v1/teams/{id}/members', body: () => ({ email: 'admin@example.org' }) },
  { row: 'PATCH /v1/teams/{id}/members/{user_id}', body: () => ({ role: 'member' }) },
  { row: 'POST /v1/teams/{id}/invitations', body: () => ({ email: 'somebody@example.org' }) },
];
const requestOf = (row: Row) => requests.find((request) => fits(request.row, row));

/** What the matrix calls the routes with. */
export interface World {
  team: string;
  member: string;
  /** A sandbox, key, host and template of the team, and an invitation into it. */
  sandbox: string;
  key: string;
  host: string;
  template: string;
  invitation: string;
}

const nothing = '0b6f3a52-1f4e-4c7a-9a53-2d1d6f1f5a11';

/** What stands for the holes of a path: the longest beginning that fits counts. `nothing` does not exist, so that even
 * those who are let in may hear 404. */
export const objects: Record<string, (world: World) => string> = {
  '/v1/sandboxes/{id}': ({ sandbox }) => sandbox,
  '/v1/api-keys/{id}': ({ key }) => key,
  '/v1/hosts/{id}': ({ host }) => host,
  '/v1/hosts/{id}/tags/{tag}': () => 'gpu',
  '/v1/snapshots/{name}': ({ template }) => template,
  '/v1/templates/{name}': ({ template }) => template,
  '/v1/teams/{id}': ({ team }) => team,
  '/v1/teams/{id}/members/{user_id}': ({ member }) => member,
  '/v1/teams/{id}/invitations/{invitation_id}': ({ invitation }) => invitation,
  '/v1/me/invitations/{id}': ({ invitation }) => invitation,
  '/v1/admin/teams/{id}': ({ team }) => team,
  '/v1/sandboxes/{id}/processes/{process}': () => '77',
  '/v1/sandboxes/{id}/ports/{port}': () => '8000',
};

/** Paths whose objects are not made for the matrix. */
export const unknowns: Record<string, string> = {
  '/v1/admin/users/{id}': `usr-${nothing}`,
  '/v1/admin/builds/{id}': `bld-${nothing}`,
  '/v1/admin/templates/{name}': 'nothing',
  '/v1/builds/{id}': `bld-${nothing}`,
  '/v1/me/sessions/{id}': `ses-${nothing}`,
  '/v1/me/providers/{provider}': 'nothing',
  '/v1/transfers/{template_id}': `tpl-${nothing}`,
  '/v1/transfers/{template_id}/{source_id}': `host-${nothing}`,
  '/v1/transfers/{template_id}/{source_id}/{object}': '0'.repeat(64),
  '/v1/webhooks/{id}': `wh-${nothing}`,
  '/v1/webhooks/{id}/deliveries/{delivery}': `whd-${nothing}`,
};

const holesOf = (path: string) => [...path.matchAll(/\{[^}]+\}/g)].map((match) => path.slice(0, match.index! + match[0].length));

/** The path with its holes filled, and whether all that it names exists. */
export function filled(row: Row, world: World): { path: string; exists: boolean } {
  let { path } = row;
  let exists = true;
  for (const upTo of holesOf(row.path)) {
    const value = objects[upTo]?.(world) ?? unknowns[upTo];
    if (value === undefined) throw new Error(`nothing stands for the last hole of ${upTo}: add it to objects or unknowns in tests/api/roles.ts`);
    if (!objects[upTo] || /processes|tags/.test(upTo)) exists = false;
    path = path.replace(/\{[^}]+\}/, value);
  }
  return { path, exists };
}

export function mayUse(row: Row, role: Role): boolean {
  const exception = exceptionOf(row);
  if (exception?.in !== undefined) return exception.in.includes(role);
  if (letsIn[row.access] === undefined) throw new Error(`the access level ${row.access} is not in tests/api/roles.ts`);
  const namesTeam = row.path.includes('{');
  return letsIn[row.access].includes(role) || (isOfTeam(row) && !namesTeam && 'XP'.includes(role));
}

/** Keys and strangers are not known where keys are not for; everybody else is, and is refused. */
export function refusalOf(row: Row, role: Role): number[] {
  if (role === 'N') return [401];
  if (role === 'K' && row.scope === '-') return [401];
  if (row.access === 'host_token') return [401];
  return row.scope !== '-' && role === 'K' ? [401, 403, 404] : [403, 404];
}

export const isSocket = (row: Row): boolean => /\/(stream|pty|watch|tunnel|events)$/.test(row.path);

function socketStatus(client: Client, path: string): Promise<number> {
  const raw = new WebSocket(client.url.replace('http', 'ws') + path, { headers: client.allHeaders });
  const statuses: Record<string, number> = { unauthorized: 401, forbidden: 403, no_team: 403, account_disabled: 403, not_found: 404 };
  return new Promise((done) => {
    raw.on('error', () => {});
    raw.on('unexpected-response', (_request, response) => done(response.statusCode!));
    raw.on('open', () => raw.send('{"type":"start","cmd":"true"}'));
    raw.on('message', (data, isBinary) => {
      const code = isBinary ? '' : JSON.parse(data.toString()).code;
      done(statuses[code] ?? 200);
      raw.close();
    });
  });
}

/** Uses the route as `client`; the status of the answer. */
export async function statusOf(client: Client, row: Row, world: World): Promise<number> {
  const { body: bodyOf, query = '' } = requestOf(row) ?? {};
  const path = filled(row, world).path + query;
  if (isSocket(row)) return socketStatus(client, path);
  const body = JSON.stringify(bodyOf?.(world) ?? {});
  const headers = { 'Content-Type': 'application/json' };
  return (await client.request(row.method, path, row.method === 'GET' ? {} : { body, headers })).status;
}
