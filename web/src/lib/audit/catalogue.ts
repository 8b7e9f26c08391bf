// SPDX-License-Identifier: Apache-2.0
/** Every event of the audit log, as docs/reference/audit-events.md lists them; a test compares. */
export const AUDIT_EVENTS: Record<string, readonly string[]> = {
  sandbox: [
    'create',
    'create_failed',
    'pause',
    'resume',
    'destroy',
    'missing',
    'restore',
    'stop',
    'fail',
    'orphan_destroy',
    'update',
    'publish_port',
    'close_port',
    'reset_port',
    'create_link',
    'revoke_links',
  ],
  snapshot: ['create', 'delete'],
  template: ['create', 'delete', 'build', 'build_cancelled', 'build_failed'],
  team: ['create', 'rename', 'delete', 'torn_down', 'set_byoc', 'transfer', 'set_quotas'],
  api_key: ['create', 'revoke'],
  member: ['add', 'remove', 'leave', 'role_update'],
  invitation: ['create', 'accept', 'decline', 'revoke'],
  host: [
    'create',
    'update',
    'delete',
    'register',
    'renew_token',
    'reset',
    'refresh_reused',
    'add_tag',
    'remove_tag',
    'drain',
    'undrain',
    'marked_down',
    'marked_up',
  ],
  webhook: ['create', 'update', 'enable', 'disable', 'delete', 'rotate_secret'],
  user: [
    'signup',
    'login',
    'login_failed',
    'logout',
    'session_revoke',
    'refresh_reused',
    'update',
    'verify_email',
    'password_change',
    'password_reset_request',
    'password_reset',
    'provider_link',
    'provider_unlink',
    'activate',
    'deactivate',
    'grant_admin',
    'revoke_admin',
    'delete',
  ],
};

export const RESOURCES = Object.keys(AUDIT_EVENTS);

/** The actions that the given kinds of resource know; all actions when none is given. */
export function actionsOf(resources: readonly string[]): string[] {
  const kinds = resources.length > 0 ? resources : RESOURCES;
  return [...new Set(kinds.flatMap((kind) => AUDIT_EVENTS[kind] ?? []))].sort();
}

/** `api_key` → `API key`, `login_failed` → `login failed`. */
export function wordsOf(name: string): string {
  return name.replaceAll('_', ' ').replace(/\bapi\b/g, 'API');
}

export function titleOf(name: string): string {
  const words = wordsOf(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
