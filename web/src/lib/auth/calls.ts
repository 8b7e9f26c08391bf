// SPDX-License-Identifier: Apache-2.0
import { activateAccount, authMethods, confirmReset, exchangeCode, requestReset, signUp } from '$lib/api/auth';
import { session } from '$lib/session/session.svelte';

/** What the pages for signing in do with the server. It is loaded after them: the form is there first. */
export const calls = {
  authMethods,
  requestReset,
  confirmReset,
  signIn: (email: string, password: string) => session.signIn(email, password),
  activate: async (token: string) => session.adopt(await activateAccount(token)),
  exchange: async (code: string) => session.adopt(await exchangeCode(code)),

  /** Whether somebody is signed in already; without an answer, nobody. */
  async resume(): Promise<boolean> {
    if (session.status === 'unknown') await session.start().catch(() => undefined);
    return session.status === 'signed_in';
  },

  /** The address that a mail went to, or nothing when the account works at once. */
  async signUp(name: string, email: string, password: string): Promise<string | undefined> {
    const answer = await signUp({ name, email, password });
    if (!('token' in answer)) return answer.email;
    await session.adopt(answer);
    return undefined;
  },
};
