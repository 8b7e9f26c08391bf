// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';

export type Host = components['schemas']['HostView'];
export type HostStatus = Host['status'];

export interface FleetStats {
  total: number;
  online: number;
  pending: number;
  unreachable: number;
  draining: number;
}

export function statsOf(hosts: readonly Pick<Host, 'status'>[]): FleetStats {
  const stats: FleetStats = { total: hosts.length, online: 0, pending: 0, unreachable: 0, draining: 0 };
  for (const host of hosts) stats[host.status] += 1;
  return stats;
}

/** What tells hosts apart for people: how the machine is called, and where it stands. Empty before it has said. */
export function nameOf(host: Pick<Host, 'hostname' | 'provider' | 'availability_zone'>): string {
  return [host.hostname, host.provider, host.availability_zone].filter(Boolean).join(' · ');
}

/** What is pasted as root on the new machine, in a copy of Sandbar's source. */
export function joinCommand(server: string, token: string): string {
  return `./dev agent join ${server} --token ${token}`;
}

/** A machine elsewhere does not know this server by such an address. */
export function isLocalAddress(server: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(server);
}

const TAG = /^[A-Za-z0-9][A-Za-z0-9.:=_-]{0,62}$/;
const MAX_TAGS = 32;

export function tagProblem(tag: string, others: readonly string[]): string | undefined {
  if (!TAG.test(tag)) return '1 to 63 letters, digits and . : = _ -, beginning with a letter or digit';
  if (others.includes(tag)) return 'The host has this tag already';
  return others.length >= MAX_TAGS ? `At most ${MAX_TAGS} tags` : undefined;
}

/** A host that never registered, or waits again, can be given a new token without losing anything. */
export function mayRenewToken(host: Pick<Host, 'status'>): boolean {
  return host.status === 'pending';
}

export interface HostGroup {
  team_id: string;
  team_name: string;
  hosts: Host[];
}

/** Hosts of teams, by the name of their team. */
export function byTeam(hosts: readonly Host[]): HostGroup[] {
  const groups = new Map<string, HostGroup>();
  for (const host of hosts) {
    const id = host.team_id ?? '';
    const group = groups.get(id) ?? { team_id: id, team_name: host.team_name ?? 'Unknown team', hosts: [] };
    group.hosts.push(host);
    groups.set(id, group);
  }
  return [...groups.values()].sort((a, b) => a.team_name.localeCompare(b.team_name));
}
