// SPDX-License-Identifier: Apache-2.0
import type { components } from '$lib/api/schema';

export type Member = components['schemas']['MemberView'];
export type Invitation = components['schemas']['InvitationView'];
export type Role = Member['role'];

export const ROLE_HINTS: Record<Role, string> = {
  owner: 'Everything, and the team itself',
  admin: 'Members, hosts, webhooks and the full audit log',
  member: 'Sandboxes, templates and own API keys',
};

export function manages(role: Role | undefined): boolean {
  return role === 'owner' || role === 'admin';
}

/** Nobody acts on the owner or on themselves. */
export function mayActOn(
  member: Pick<Member, 'user_id' | 'role'>,
  role: Role | undefined,
  me: string | undefined,
): boolean {
  return manages(role) && member.role !== 'owner' && member.user_id !== me;
}

/** Why a team cannot be left; nothing if it can. */
export function leaveProblem(role: Role | undefined, teams: number): string | undefined {
  if (teams <= 1) return 'Create another team first';
  return role === 'owner' ? 'The owner cannot leave. Transfer the team first, or delete it.' : undefined;
}

export function deleteProblem(role: Role | undefined, teams: number): string | undefined {
  if (teams <= 1) return 'Create another team first';
  return role === 'owner' ? undefined : 'Only the owner can delete the team';
}

const NAME = /^[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{Nd} _\-@'][\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{Mn}\p{Mc}\p{Nd} _\-@']*$/u;

/** The server's rule, so that a mistake is seen before it is sent. */
export function nameProblem(text: string): string | undefined {
  const name = text.normalize('NFC').trim();
  if (!name) return 'Enter a name';
  if ([...name].length > 128) return 'At most 128 characters';
  return NAME.test(name) ? undefined : "Only letters, digits, spaces and _ - @ '";
}

/** Accounts are searched by the beginning of an address that has its @. */
export function isSearchable(text: string): boolean {
  const prefix = text.trim();
  return prefix.length >= 3 && prefix.includes('@');
}

export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text.trim());
}

const RANKS: Record<Role, number> = { owner: 0, admin: 1, member: 2 };

/** Owner first, then admins, then members, each by name. */
export function inOrder(members: readonly Member[]): Member[] {
  return [...members].sort(
    (a, b) => RANKS[a.role] - RANKS[b.role] || a.name.localeCompare(b.name) || a.email.localeCompare(b.email),
  );
}
