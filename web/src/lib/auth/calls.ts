// SPDX-License-Identifier: Apache-2.0
import { activate_account, auth_methods, confirm_reset, exchange_code, request_reset, sign_up } from '$lib/api/auth';
import { session } from '$lib/session/session.svelte';

/** What the pages for signing in do with the server. It is loaded after them: the form is there first. */
export const calls = {
  auth_methods,
  request_reset,
  confirm_reset,
  sign_in: (email: string, password: string) => session.sign_in(email, password),
  activate: async (token: string) => session.adopt(await activate_account(token)),
  exchange: async (code: string) => session.adopt(await exchange_code(code)),

  /** Whether somebody is signed in already; without an answer, nobody. */
  async resume(): Promise<boolean> {
    if (session.status === 'unknown') await session.start().catch(() => undefined);
    return session.status === 'signed_in';
  },

  /** The address that a mail went to, or nothing when the account works at once. */
  async sign_up(name: string, email: string, password: string): Promise<string | undefined> {
    const answer = await sign_up({ name, email, password });
    if (!('token' in answer)) return answer.email;
    await session.adopt(answer);
    return undefined;
  },
};
