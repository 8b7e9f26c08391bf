# SPDX-License-Identifier: Apache-2.0
"""A trivial HTTP server, as fast as Python can be: service.py PORT ADDRESS. GET /big streams 1 GiB."""
import asyncio
import sys

GIB = 1 << 30
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Answer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.room = asyncio.Event()
        self.room.set()
        self.head = b""

    def pause_writing(self):
        self.room.clear()

    def resume_writing(self):
        self.room.set()

    def connection_lost(self, _):
        self.room.set()

    def data_received(self, data):
        self.head += data
        while b"\r\n\r\n" in self.head:
            head, _, self.head = self.head.partition(b"\r\n\r\n")
            if head.startswith(b"GET /big"):
                asyncio.ensure_future(self.stream())
            else:
                self.transport.write(SMALL)

    async def stream(self):
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n".encode())
        piece = bytes(256 * 1024)
        for _ in range(GIB // len(piece)):
            await self.room.wait()
            if self.transport.is_closing():
                return
            self.transport.write(piece)


async def main():
    server = await asyncio.get_running_loop().create_server(Answer, sys.argv[2], int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
