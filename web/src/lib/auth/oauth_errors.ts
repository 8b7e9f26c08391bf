// SPDX-License-Identifier: Apache-2.0
/** What `?error=` of a provider's return means. */
const kTexts: Record<string, string> = {
  access_denied: 'You did not allow it, or the provider refused.',
  invalid_state: 'This sign-in has taken too long, or was begun in another browser. Begin again.',
  missing_code: 'The provider sent nothing to sign in with. Begin again.',
  email_taken:
    'There is an account with this address already. Sign in to it, and connect the provider in its settings.',
  account_disabled: 'This account is disabled.',
  identity_taken: 'This identity is connected to another account.',
  email_not_verified: 'The provider has not verified your email address.',
  exchange_failed: 'The provider did not confirm who you are. Try again later.',
  db_error: 'The server cannot sign you in at the moment. Try again later.',
  internal_error: 'Something went wrong on the server. Try again later.',
};

export function oauthErrorText(error: string): string {
  return kTexts[error] ?? 'Signing in at the provider failed.';
}

export function providerName(provider: string): string {
  return provider === 'github' ? 'GitHub' : 'your provider';
}
