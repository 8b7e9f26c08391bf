// SPDX-License-Identifier: Apache-2.0
const http = require('node:http');

const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end(`You asked for ${request.url}\n`);
});
server.listen(Number(process.env.PORT));
