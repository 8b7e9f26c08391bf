// SPDX-License-Identifier: Apache-2.0
// What runs in a sandbox while traffic is tested: node service.mjs PORT [HOST]. It prints "ready" once it listens.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [port, host = '127.0.0.1'] = process.argv.slice(2);
let served = 0;

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const routes = {
  async echo(request, response) {
    const body = await bodyOf(request);
    const { method, url, rawHeaders, trailers } = request;
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Sandbar-Refusal', 'not_running');
    response.end(JSON.stringify({ method, url, rawHeaders, trailers, body, served, pid: process.pid }));
  },
  async events(request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: first\n\n');
    for await (const piece of request) response.write(`data: ${piece}\n\n`);
    if (request.method === 'POST') response.end('data: last\n\n');
  },
  async stream(request, response, query) {
    let left = Number(query.get('bytes'));
    response.writeHead(200, query.has('length') ? { 'Content-Length': left } : {});
    const piece = Buffer.alloc(65536, 'x');
    for (; left > 0; left -= piece.length) {
      if (!response.write(piece.subarray(0, Math.min(left, piece.length)))) await new Promise((go) => response.once('drain', go));
    }
    response.end();
  },
  async sink(request, response) {
    let bytes = 0;
    for await (const piece of request) bytes += piece.length;
    response.end(String(bytes));
  },
  async trailers(request, response) {
    await bodyOf(request);
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': request.trailers['x-sum'] ?? 'none' });
    response.end();
  },
  async silent() {},
  async half(request, response) {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('half', () => response.destroy());
  },
};

const server = createServer((request, response) => {
  served += 1;
  const url = new URL(request.url, 'http://x');
  const route = routes[url.pathname.slice(1)] ?? routes.echo;
  route(request, response, url.searchParams).catch(() => response.destroy());
});
server.keepAliveTimeout = 5000;
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  socket.send(JSON.stringify({ url: request.url, rawHeaders: request.rawHeaders }));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => {});
});
server.listen(Number(port), host, () => console.log('ready'));
