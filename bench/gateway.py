# SPDX-License-Identifier: Apache-2.0
"""What the gateway adds to a request, how many it carries, and what a large stream costs in memory."""
import os
import re
import shutil
import socket
import statistics
import subprocess
import time

from instance import Instance, free_port, rollup

GIB = 1 << 30
MIB = 1 << 20


class Service:
    """bench/service.py in a sandbox; `address` is where it binds."""

    def __init__(self, sandbar, address):
        self.sandbar, self.port = sandbar, free_port()
        self.sandbox = sandbar.create(traffic={"public": True})
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "service.py")
        sandbar.call("POST", f"/v1/sandboxes/{self.sandbox}/exec",
                     {"cmd": "python3", "args": [script, str(self.port), address], "background": True})
        hexdigits = self.sandbox.removeprefix("sb-").replace("-", "")
        self.host = f"{self.port}-{hexdigits}.localhost"
        for _ in range(200):
            try:
                self.dial(self.port).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the service does not listen")

    @staticmethod
    def dial(port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def front_port(self):
        return int(self.sandbar.address.rsplit(":", 1)[1])

    def request(self, path):
        return f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()

    def latencies(self, port, count):
        """Milliseconds of requests one after another on one connection."""
        connection, request, samples = self.dial(port), self.request("/"), []
        for _ in range(count):
            begin = time.perf_counter()
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                piece = connection.recv(4096)
                if not piece:
                    raise RuntimeError(answer)
                answer += piece
            samples.append((time.perf_counter() - begin) * 1000)
        connection.close()
        return samples

    def rate(self, port, seconds):
        out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-H", f"Host: {self.host}", f"http://127.0.0.1:{port}/"],
                             check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out or "Socket errors" in out:
            raise RuntimeError(out)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))

    def stream(self, watched):
        """MiB/s of one GiB, and by how many MiB each watched process has grown meanwhile at most."""
        before = {pid: rollup(pid)["Rss"] for pid in watched}
        grown = dict.fromkeys(watched, 0)
        connection = self.dial(self.front_port())
        begin, got, next_look = time.perf_counter(), 0, 64 * MIB
        connection.sendall(self.request("/big"))
        buffer = bytearray(256 * 1024)
        while got < GIB:
            count = connection.recv_into(buffer)
            if not count:
                raise RuntimeError(f"the stream ended after {got} bytes")
            got += count
            if got > next_look:
                next_look += 64 * MIB
                for pid in watched:
                    grown[pid] = max(grown[pid], rollup(pid)["Rss"] - before[pid])
        connection.close()
        return GIB / MIB / (time.perf_counter() - begin), max(grown.values()) / 1024


def measure(table, bin_dir, cache, runs):
    with Instance(bin_dir, cache, hypervisor="fake") as sandbar:
        open_service, hidden_service = Service(sandbar, "0.0.0.0"), Service(sandbar, "127.0.0.1")
        latency(table, open_service, runs)
        rates(table, open_service)
        watched = [pid for name in ("sandbar-control", "sandbar-agent", "sandbar-guest") for pid in sandbar.processes(name)]
        for service, what in ((open_service, "on all addresses"), (hidden_service, "on 127.0.0.1")):
            speed, growth = zip(*(service.stream(watched) for _ in range(3)))
            table.add(f"gateway: 1 GiB from a service {what}", "MiB/s", list(speed))
            table.add("gateway: growth of any program meanwhile", "MiB", list(growth), "≤ 20")


def latency(table, service, runs):
    front, direct, added = service.front_port(), [], []
    for port in (front, service.port):
        service.latencies(port, 200)
    for _ in range(runs):
        alone, through = (statistics.median(service.latencies(port, 500)) for port in (service.port, front))
        direct.append(alone)
        added.append(through - alone)
    table.add("request to the service directly", "ms", direct)
    table.add("gateway: added to a request", "ms", added, "≤ 0.5")


def rates(table, service):
    if not shutil.which("wrk"):
        return table.add("gateway: requests per second", "req/s", [])
    table.add("service directly: requests per second", "req/s", [service.rate(service.port, 3)])
    table.add("gateway: requests per second", "req/s", [service.rate(service.front_port(), 5) for _ in range(3)], "≥ 5000")
