// SPDX-License-Identifier: Apache-2.0
import { send } from '$lib/api/client';

type Query = Record<string, string | number | boolean | undefined>;

/** A WebSocket of `/v1` for whoever is signed in: a ticket that works once stands in for the token. */
export async function ticketedSocket(path: string, query: Query = {}): Promise<WebSocket> {
  const answer = await send('/v1/ws-tickets', { method: 'POST' });
  const { ticket } = (await answer.json()) as { ticket: string };
  const url = new URL(path, location.origin);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.append(name, String(value));
  }
  url.searchParams.set('ticket', ticket);
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  return socket;
}
