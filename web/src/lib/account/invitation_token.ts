// SPDX-License-Identifier: Apache-2.0
/**
 * The token of an invitation's link waits here while somebody signs in: it leaves the address at once, and never stands
 * in a query.
 */
const NAME = 'invitation_token';

interface Kept {
  id: string;
  token: string;
}

export function keepInvitationToken(id: string, token: string): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ id, token } satisfies Kept));
  } catch {
    // Without storage the link has to be opened again after signing in.
  }
}

export function keptInvitationToken(id: string): string | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? 'null') as Kept | null;
    return kept?.id === id ? kept.token : undefined;
  } catch {
    return undefined;
  }
}

export function forgetInvitationToken(): void {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // Nothing was kept then.
  }
}
