// SPDX-License-Identifier: Apache-2.0
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 1024;
export const MAX_NAME = 100;

export function passwordProblem(password: string, again: string): string | undefined {
  const length = [...password].length;
  if (length < MIN_PASSWORD) return `At least ${MIN_PASSWORD} characters`;
  if (length > MAX_PASSWORD) return `At most ${MAX_PASSWORD} characters`;
  return again !== password ? 'The passwords differ' : undefined;
}

export function nameProblem(name: string): string | undefined {
  const text = name.trim();
  if (!text) return 'Enter your name';
  return [...text].length > MAX_NAME ? `At most ${MAX_NAME} characters` : undefined;
}

/** Why a provider cannot be taken away; nothing if it can. */
export function disconnectProblem(me: { has_password: boolean; providers: readonly string[] }): string | undefined {
  if (me.has_password || me.providers.length > 1) return undefined;
  return 'Set a password first: nothing else signs you in';
}

/** Teams that stand in the way of deleting the account are told by the server; the typed address is checked here. */
export function confirmsAddress(typed: string, email: string): boolean {
  return typed.trim().toLowerCase() === email.toLowerCase();
}

const RETURN_ERRORS: Record<string, string> = {
  access_denied: 'You did not allow it there.',
  identity_taken: 'That account is connected to another user here.',
  email_not_verified: 'The provider has not verified your address.',
  invalid_state: 'It took too long. Try again.',
};

/** What a provider's return says in the page's address, as a sentence. */
export function connectMessage(params: URLSearchParams): { ok: boolean; text: string } | undefined {
  const error = params.get('error');
  if (error) return { ok: false, text: RETURN_ERRORS[error] ?? 'The provider could not be connected. Try again.' };
  return params.has('connected') ? { ok: true, text: 'The provider is connected.' } : undefined;
}
