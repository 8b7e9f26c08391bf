// SPDX-License-Identifier: Apache-2.0
import { api, ok, type Schema } from './client';

export type Methods = Schema['MethodsView'];
export type SignUp = Schema['SignupRequest'];

export const auth_methods = () => ok(api.GET('/v1/auth/methods'));

/** Signed in at once, or told to look into the mail. */
export async function sign_up(body: SignUp): Promise<Schema['AuthView'] | Schema['SignupPendingView']> {
  return ok(api.POST('/v1/auth/signup', { body }));
}

export const activate_account = (token: string) => ok(api.POST('/v1/auth/activate', { body: { token } }));
export const exchange_code = (code: string) => ok(api.POST('/v1/auth/oauth/exchange', { body: { code } }));

export async function request_reset(email: string): Promise<void> {
  await api.POST('/v1/me/password/reset', { body: { email } });
}

export async function confirm_reset(token: string, password: string): Promise<void> {
  await api.POST('/v1/me/password/reset/confirm', { body: { token, password } });
}
