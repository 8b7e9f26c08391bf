#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Takes the guest's place: introduces itself like one, then answers as the sandbox's variable LIE says.
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';

const path = process.argv[process.argv.indexOf('--listen') + 1].replace('unix:', '');
const head = (type) => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const chunk = (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const envelope = (flags, body, length = body.length) => {
  const start = Buffer.alloc(5);
  start[0] = flags;
  start.writeUInt32BE(length, 1);
  return Buffer.concat([start, body]);
};

function repeat(socket, bytes) {
  const more = () => {
    while (socket.writable && socket.write(bytes));
    if (socket.writable) socket.once('drain', more);
  };
  more();
}

const lies = {
  silence: () => {},
  garbage: (socket) => socket.end(Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 167 + 13) % 256))),
  'endless head': (socket) => repeat(socket, 'HTTP/1.1 200 OK\r\nX-Filler: ' + 'x'.repeat(4096)),
  'endless message': (socket, type) => {
    socket.write(head(type));
    socket.write(chunk(envelope(0, Buffer.alloc(0), 0xffffffff)));
    repeat(socket, chunk(Buffer.alloc(65536, 'x')));
  },
  'wrong message': (socket, type) => {
    socket.write(head(type));
    socket.end(Buffer.concat([chunk(envelope(0, Buffer.from('{"event":7}\xff', 'latin1'))), Buffer.from('0\r\n\r\n')]));
  },
  'no end': (socket, type) => socket.end(head(type)),
  'two lengths': (socket, type) =>
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 1\r\nContent-Length: 70000\r\n\r\nx`),
};

let lie = 'silence';

function answer(socket, request, body) {
  if (/^POST \/init /.test(request)) {
    lie = JSON.parse(body || '{}').envVars?.LIE ?? lie;
    return socket.write('HTTP/1.1 204 No Content\r\n\r\n');
  }
  lies[lie](socket, /content-type: ([^\r\n]+)/i.exec(request)?.[1] ?? 'application/json');
}

rmSync(path, { force: true });
createServer((socket) => {
  let all = '';
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    all += piece.toString('latin1');
    const at = all.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(all)?.[1] ?? 0);
    if (at < 0 || all.length < at + 4 + length) return;
    const [request, body] = [all.slice(0, at + 4), all.slice(at + 4, at + 4 + length)];
    all = '';
    answer(socket, request, body);
  });
}).listen(path);
