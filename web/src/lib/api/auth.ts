// SPDX-License-Identifier: Apache-2.0
import { api, ok, type Schema } from './client';

export type Methods = Schema['MethodsView'];
export type SignUp = Schema['SignupRequest'];

export const authMethods = () => ok(api.GET('/v1/auth/methods'));

/** Signed in at once, or told to look into the mail. */
export async function signUp(body: SignUp): Promise<Schema['AuthView'] | Schema['SignupPendingView']> {
  return ok(api.POST('/v1/auth/signup', { body }));
}

export const activateAccount = (token: string) => ok(api.POST('/v1/auth/activate', { body: { token } }));
export const exchangeCode = (code: string) => ok(api.POST('/v1/auth/oauth/exchange', { body: { code } }));

export async function requestReset(email: string): Promise<void> {
  await api.POST('/v1/me/password/reset', { body: { email } });
}

export async function confirmReset(token: string, password: string): Promise<void> {
  await api.POST('/v1/me/password/reset/confirm', { body: { token, password } });
}
