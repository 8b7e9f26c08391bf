// SPDX-License-Identifier: Apache-2.0
// A provider that speaks OpenID Connect: npm's oidc-provider, with its own pages to sign in and to agree.
import { createServer, type Server } from 'node:http';
import { Provider } from 'oidc-provider';

const client = { id: 'sandbar', secret: 'oidc secret/+' };

/** Everybody is known there by the name that they type. Addresses of those whose name begins so are not proved. */
export class OidcProvider {
  private server?: Server;

  constructor(readonly issuer: string) {}

  /** What control has to know of it. */
  get settings(): Record<string, string> {
    return { SANDBAR_OIDC_ISSUER: this.issuer, SANDBAR_OIDC_CLIENT_ID: client.id, SANDBAR_OIDC_CLIENT_SECRET: client.secret };
  }

  async start(callback: string): Promise<void> {
    const claims = (sub: string) => ({ sub, email: `${sub}@oidc.io`, email_verified: !sub.startsWith('unproved'), name: 'Olga Oidc' });
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [callback], grant_types: ['authorization_code'] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: async (_context: unknown, sub: string) => ({ accountId: sub, claims: async () => claims(sub) }),
      pkce: { required: () => true, methods: ['S256'] },
      cookies: { keys: ['tests'] },
      features: { devInteractions: { enabled: true } },
    });
    this.server = createServer(provider.callback());
    await new Promise<void>((done) => this.server!.listen(Number(new URL(this.issuer).port), '127.0.0.1', done));
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
