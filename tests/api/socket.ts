// SPDX-License-Identifier: Apache-2.0
// A WebSocket of the API with what has arrived on it so far.
import { waitFor } from '@sandbar/test-lib';
import WebSocket from 'ws';
import type { Json } from './client';

export const channels = { stdin: 0, stdout: 1, stderr: 2, pty: 3 };

export class Socket {
  readonly frames: Json[] = [];
  private readonly bytes = new Map<number, Buffer[]>();
  closed?: { code: number; reason: string };

  private constructor(readonly raw: WebSocket) {
    raw.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return void this.frames.push(JSON.parse(data.toString()));
      const pieces = this.bytes.get(data[0]) ?? [];
      this.bytes.set(data[0], [...pieces, data.subarray(1)]);
    });
    raw.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    raw.on('error', () => {});
  }

  /** Fails with "status 404" and the like if the server refuses the upgrade. */
  static open(raw: WebSocket): Promise<Socket> {
    const socket = new Socket(raw);
    return new Promise((done, fail) => {
      raw.on('open', () => done(socket));
      raw.on('unexpected-response', (_request, response) => fail(new Error(`status ${response.statusCode}`)));
      raw.on('error', fail);
    });
  }

  send(frame: Json): void {
    this.raw.send(JSON.stringify(frame));
  }

  sendBytes(channel: number, bytes: string | Buffer): void {
    this.raw.send(Buffer.concat([Buffer.from([channel]), Buffer.from(bytes)]));
  }

  output(channel: number): Buffer {
    return Buffer.concat(this.bytes.get(channel) ?? []);
  }

  frame(type: string, limitMs?: number): Promise<Json> {
    return waitFor(`a frame of type ${type} among ${JSON.stringify(this.frames)}`, () => this.frames.find((frame) => frame.type === type), limitMs);
  }

  printed(channel: number, text: string): Promise<true> {
    return waitFor(`${text} on channel ${channel}`, () => this.output(channel).includes(text) || undefined) as Promise<true>;
  }

  end(limitMs?: number): Promise<{ code: number; reason: string }> {
    return waitFor('the socket closes', () => this.closed, limitMs);
  }

  close(): void {
    this.raw.close();
  }
}
