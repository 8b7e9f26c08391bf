// SPDX-License-Identifier: Apache-2.0
// Frames of the WebSockets of a sandbox's processes. Text frames are JSON with a `type`; binary frames are one
// byte of channel and then bytes.

export const Channel = { input: 0, stdout: 1, stderr: 2, terminal: 3 } as const;
export type OutputChannel = 'stdout' | 'stderr' | 'terminal';

export type ServerFrame =
  | { kind: 'output'; channel: OutputChannel; bytes: Uint8Array }
  | { kind: 'started'; pid: number; tag?: string }
  | { kind: 'exit'; exit_code: number; status: string }
  | { kind: 'error'; code: string; message: string }
  | { kind: 'unknown' };

const CHANNELS: Record<number, OutputChannel> = {
  [Channel.stdout]: 'stdout',
  [Channel.stderr]: 'stderr',
  [Channel.terminal]: 'terminal',
};

function decodeText(text: string): ServerFrame {
  let frame: Record<string, unknown>;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: 'unknown' };
  }
  switch (frame?.type) {
    case 'started':
      return { kind: 'started', pid: Number(frame.pid), ...(frame.tag ? { tag: String(frame.tag) } : {}) };
    case 'exit':
      return { kind: 'exit', exit_code: Number(frame.exit_code), status: String(frame.status ?? '') };
    case 'error':
      return { kind: 'error', code: String(frame.code ?? ''), message: String(frame.message ?? '') };
    default:
      return { kind: 'unknown' };
  }
}

export function decodeFrame(data: string | ArrayBuffer): ServerFrame {
  if (typeof data === 'string') return decodeText(data);
  const bytes = new Uint8Array(data);
  const channel = bytes.length ? CHANNELS[bytes[0]!] : undefined;
  return channel ? { kind: 'output', channel, bytes: bytes.subarray(1) } : { kind: 'unknown' };
}

const encoder = new TextEncoder();

/** Keys and pasted text, on the input channel. */
export function encodeInput(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  return withChannel(bytes);
}

/** Input in which each character stands for one byte, as mouse reports are. */
export function encodeBinaryInput(text: string): Uint8Array<ArrayBuffer> {
  return withChannel(Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff));
}

function withChannel(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(bytes.length + 1);
  frame[0] = Channel.input;
  frame.set(bytes, 1);
  return frame;
}

export interface Size {
  cols: number;
  rows: number;
}

export const startFrame = (tag: string, size: Size) => JSON.stringify({ type: 'start', tag, ...size });
export const connectFrame = (tag: string) => JSON.stringify({ type: 'connect', tag });
export const resizeFrame = (size: Size) => JSON.stringify({ type: 'resize', cols: size.cols, rows: size.rows });

/** Delay before the nth try to come back, in ms: doubles from half a second to 30 s, with jitter. */
export function backoff(attempt: number, random = Math.random()): number {
  const full = Math.min(30_000, 500 * 2 ** attempt);
  return Math.round(full / 2 + (full / 2) * random);
}

/** What a key sends when it is pressed together with Ctrl. */
export function controlled(key: string): string {
  const code = key.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : key;
}
