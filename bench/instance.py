# SPDX-License-Identifier: Apache-2.0
"""The Sandbar that is measured: one that runs already (--state), or one of our own that is stopped afterwards."""
import glob
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Instance:
    def __init__(self, bin_dir, cache_dir, state=None, listen=None, hypervisor=None):
        self.bin, self.cache = bin_dir, cache_dir
        self.own = state is None
        self.options = ["--hypervisor", hypervisor] if hypervisor else []
        self.state = state or tempfile.mkdtemp(prefix="sandbar-bench-")
        self.address = listen or f"127.0.0.1:{free_port()}"
        self.agent_address = f"127.0.0.1:{free_port()}"

    def __enter__(self):
        if self.own:
            if not self.options:  # a sandbox without a machine runs as whoever there is on this one
                self._reuse_templates()
            subprocess.run([f"{self.bin}/sandbar", "up", "--state", self.state, "--listen", self.address,
                            "--agent-listen", self.agent_address, *self.options], check=True, stdout=subprocess.DEVNULL)
        with open(f"{self.state}/admin.json") as f:
            self.admin = json.load(f)
        self.connection = http.client.HTTPConnection(self.address, timeout=120)
        return self

    def __exit__(self, *_):
        self.connection.close()
        if self.own:
            subprocess.run([f"{self.bin}/sandbar", "down", "--state", self.state], check=False, stdout=subprocess.DEVNULL)
            shutil.rmtree(self.state, ignore_errors=True)

    def _reuse_templates(self):
        """Kernel and templates that the tests of real machines have made already (tests/vm/platform.ts)."""
        guest, root = hashlib.sha256(), f"{os.path.dirname(os.path.abspath(__file__))}/.."
        for path in (f"{self.bin}/sandbar-guest", f"{self.bin}/sandbar-init", f"{root}/templates/base.template",
                     *(f"{root}/src/sandbar/agent/vm/{part}.cc" for part in ("accelerator", "manifest", "qemu_command"))):
            with open(path, "rb") as file:
                guest.update(file.read())
        for name, cached in (("kernel", "kernel"), ("templates", f"templates-{guest.hexdigest()[:12]}"), ("cache", "cache")):
            if os.path.isdir(f"{self.cache}/{cached}"):
                subprocess.run(["cp", "--archive", "--link", f"{self.cache}/{cached}", f"{self.state}/{name}"], check=True)

    def raw(self, method, path, body=None, content_type="application/octet-stream", connection=None):
        connection = connection or self.connection
        connection.request(method, path, body, {"X-API-Key": self.admin["api_key"], "Content-Type": content_type})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return data

    def call(self, method, path, body=None, connection=None):
        data = self.raw(method, path, json.dumps(body) if body is not None else None, "application/json", connection)
        return json.loads(data) if data else None

    def create(self, connection=None, template="base", **extra):
        return self.call("POST", "/v1/sandboxes", {"template": template, **extra}, connection)["id"]

    def exec(self, sandbox, *command, connection=None):
        return self.call("POST", f"/v1/sandboxes/{sandbox}/exec",
                         {"cmd": command[0], "args": list(command[1:]), "timeout_sec": 120}, connection)

    def destroy(self, sandbox, connection=None):
        self.call("DELETE", f"/v1/sandboxes/{sandbox}", connection=connection)

    def sql(self, text):
        """What psql prints for statements run as the database's owner."""
        command = ["runuser", "-u", "sandbar", "--", "psql", "--host", f"{self.state}/postgres", "--dbname", "sandbar", "-qtA", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True, cwd="/").stdout.strip()

    def token(self):
        login = {"email": self.admin["email"], "password": self.admin["password"]}
        return self.call("POST", "/v1/auth/login", login)["token"]

    def new_connection(self):
        return http.client.HTTPConnection(self.address, timeout=120)

    def processes(self, name):
        """Ids of this instance's processes that run the named program."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.path.basename(os.readlink(f"/proc/{entry}/exe")) == name and self._owns(entry):
                    found.append(int(entry))
            except OSError:
                continue
        return found

    def machines(self):
        """Ids of the processes of all sandboxes."""
        return [self.machine_of(os.path.basename(path)) for path in glob.glob(f"{self.state}/sandboxes/*")]

    def machine_of(self, sandbox):
        """They are jailed, so only the records tell."""
        with open(f"{self.state}/sandboxes/{sandbox}/record.json") as f:
            return json.load(f)["vm"]["pid"]

    def _owns(self, pid):
        text = b""
        for part in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{part}", "rb") as f:
                text += f.read()
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                text += os.readlink(f"/proc/{pid}/fd/{fd}").encode()
            except OSError:
                pass
        return self.state.encode() in text or self.address.encode() in text


def rollup(pid):
    """Memory of a process in KiB by kind, from /proc/PID/smaps_rollup."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        rows = (line.split() for line in f if line.endswith("kB\n"))
        return {row[0].rstrip(":"): int(row[1]) for row in rows}
