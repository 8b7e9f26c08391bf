# SPDX-License-Identifier: Apache-2.0
"""Placement and monitor over many hosts: ./dev bench --fleet

A platform of its own with a few agents whose sandboxes are hollow (SANDBAR_FAKE_GUESTS=none). Further hosts are rows that
share the addresses of those agents, so that control sees hundreds and speaks with each over a connection of its own.
"""
import hashlib
import http.client
import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time

from instance import free_port

CREATE = """
local keys, i = {}, 0
for key in io.lines(os.getenv("SANDBAR_BENCH_KEYS")) do keys[#keys + 1] = key end
local requests = {}
function init()
  for n, key in ipairs(keys) do
    requests[n] = wrk.format("POST", "/v1/sandboxes", {["Content-Type"] = "application/json", ["X-API-Key"] = key}, "{}")
  end
end
function request()
  i = i % #requests + 1
  return requests[i]
end
"""


class Fleet:
    def __init__(self, bin_dir, agents):
        self.bin, self.agents = bin_dir, agents
        self.folder = tempfile.mkdtemp(prefix="sbbench-")
        # What agents write is in memory: hosts have disks of their own, and these share one with the database.
        self.memory = tempfile.mkdtemp(prefix="sbbench-", dir="/dev/shm")
        self.running, self.agent_runs = [], []
        self.address = f"127.0.0.1:{free_port()}"
        self.log = f"{self.folder}/control.log"

    def __enter__(self):
        self._start_database()
        self.env = {"PATH": os.environ["PATH"], "SANDBAR_DATABASE_URL": f"host={self.folder} user=postgres dbname=bench",
                    "SANDBAR_SECRET": secrets.token_hex(24), "SANDBAR_LISTEN": self.address, "SANDBAR_MONITOR_PERIOD": "1h",
                    "SANDBAR_ORPHAN_GRACE": "1h", "SANDBAR_ACCESS_LOG": "none", "SANDBAR_LOG_LEVEL": "warn",
                    "SANDBAR_MEMORY_OVERCOMMIT": "100000", "SANDBAR_DISK_OVERCOMMIT": "100000",
                    "SANDBAR_QUOTAS": "sandboxes=10000000,vcpus=10000000,memory_mb=1000000000000,disk_mb=1000000000000"}
        made = subprocess.run([f"{self.bin}/sandbar-control", "bootstrap", "--email", "a@example.org", "--name", "A"], env=self.env,
                              check=True, capture_output=True, cwd=self.folder)
        self.admin = json.loads(made.stdout)
        self._start_control()
        login = {"email": self.admin["email"], "password": self.admin["password"]}
        self.token = self._call("POST", "/v1/auth/login", login)[1]["token"]
        for number in range(self.agents):
            self._start_agent(number)
        self.wait("hosts are ready", lambda: int(self.sql("SELECT count(*) FROM template_hosts b JOIN templates t ON t.id = b.template_id "
                                                          "WHERE t.status = 'ready'")) == self.agents)
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.kill()
            process.wait()
        self._pg_ctl("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.memory, ignore_errors=True)

    def _start_database(self):
        versions = "/usr/lib/postgresql"
        self.postgres = f"{versions}/{max(os.listdir(versions), key=float)}/bin"
        os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        os.chmod(self.folder, 0o755)
        self._as_postgres("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres")
        self._pg_ctl("start", "-l", f"{self.folder}/data/log", "-o",
                     f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=100")
        self.sql("CREATE DATABASE bench", "postgres")

    def _as_postgres(self, program, *args):
        subprocess.run(["runuser", "-u", "postgres", "--", f"{self.postgres}/{program}", *args], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)

    def _pg_ctl(self, *args):
        self._as_postgres("pg_ctl", "-D", f"{self.folder}/data", "-w", *args)

    def _start(self, program, args, env, log):
        with open(log, "ab") as out:
            process = subprocess.Popen([f"{self.bin}/{program}", *args], env=env, stdout=out, stderr=out, cwd=self.folder)
        self.running.append(process)
        return process

    def _start_control(self):
        self.control = self._start("sandbar-control", [], self.env, self.log)
        self.wait("control listens", lambda: self._call("GET", "/healthz")[0] == 200)

    def begin_anew(self):
        """Empty hosts, and a control that looks at them every second."""
        for process in self.running:
            process.kill()
            process.wait()
        self.running.clear()
        self.sql("UPDATE sandboxes SET status = 'stopped', stopped_at = now()")
        self.sql("UPDATE hosts SET last_heartbeat_at = now() + interval '1 day'")  # nobody sends those of mere rows
        for number, (args, env) in enumerate(self.agent_runs):
            for part in ("sandboxes", "run"):
                shutil.rmtree(f"{self.memory}/agent{number}/{part}", ignore_errors=True)
            self._start("sandbar-agent", args, env, f"{self.folder}/agent.log")
        self.env |= {"SANDBAR_MONITOR_PERIOD": "1s", "SANDBAR_LOG_LEVEL": "debug"}
        self._start_control()

    def _start_agent(self, number):
        token = self._call("POST", "/v1/hosts", {"type": "regular"})[1]["registration_token"]
        address, state = f"127.0.0.1:{free_port()}", f"{self.memory}/agent{number}"
        env = {"PATH": os.environ["PATH"], "SANDBAR_CONTROL_URL": f"http://{self.address}", "SANDBAR_AGENT_LISTEN": address,
               "SANDBAR_STATE_DIR": state, "SANDBAR_FAKE_GUESTS": "none", "SANDBAR_LOG_LEVEL": "warn"}
        # Each has the sandboxes of fifty hosts: what a host does with its own from time to time is not done here for all of them.
        env |= {name: "1h" for name in ("SANDBAR_HEARTBEAT_INTERVAL", "SANDBAR_REAPER_PERIOD", "SANDBAR_SAMPLE_PERIOD")}
        self.agent_runs.append((["--hypervisor=fake"], env))
        self._start("sandbar-agent", ["--hypervisor=fake", "--register", token, "--address", address], env, f"{self.folder}/agent.log")

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return answer.status, json.loads(data) if data.startswith(b"{") else None

    def sql(self, text, database="bench"):
        args = ["psql", "-h", self.folder, "-U", "postgres", "-d", database, "-qtAc", text]
        return subprocess.run(args, check=True, capture_output=True, text=True).stdout.strip()

    def wait(self, what, probe, seconds=60):
        end = time.time() + seconds
        while True:
            try:
                if probe():
                    return
            except (OSError, RuntimeError):
                pass
            if time.time() > end:
                raise RuntimeError(f"{what}: not within {seconds} s; see {self.log}")
            time.sleep(0.05)

    def know_hosts(self, count):
        """So many rows of hosts, which share the agents."""
        self.sql(f"""
          CREATE TABLE IF NOT EXISTS bench_agents AS SELECT row_number() OVER () - 1 AS n, address, cert_fingerprint, arch, cpu_cores, memory_mb, disk_gb
            FROM hosts WHERE address <> '';
          INSERT INTO hosts (id, type, status, address, cert_fingerprint, arch, cpu_cores, memory_mb, disk_gb, registered_at, last_heartbeat_at)
          SELECT gen_random_uuid(), 'regular', 'online', a.address, a.cert_fingerprint, a.arch, a.cpu_cores, a.memory_mb, a.disk_gb, now(), now()
          FROM generate_series(1, {count} - (SELECT count(*) FROM hosts)) g JOIN bench_agents a ON a.n = g % {self.agents};
          INSERT INTO template_hosts (template_id, host_id) SELECT t.id, h.id FROM templates t, hosts h ON CONFLICT DO NOTHING;
          ANALYZE""")

    def keys(self, count):
        keys = [secrets.token_hex(20) for _ in range(count)]
        for number, key in enumerate(keys):
            digest = hashlib.sha256(key.encode()).hexdigest()
            self.sql(f"""WITH t AS (INSERT INTO teams (id, name, slug) VALUES (gen_random_uuid(), 'Bench', 'bbbbbb-{number:06x}') RETURNING id),
                m AS (INSERT INTO users_teams (user_id, team_id, role) SELECT u.id, t.id, 'owner' FROM users u, t WHERE u.is_admin)
              INSERT INTO team_api_keys (id, team_id, name, key_hash, key_prefix, created_by)
              SELECT gen_random_uuid(), t.id, 'bench', '{digest}', 'sbk_', u.id FROM t, users u WHERE u.is_admin""")
        path = f"{self.folder}/keys"
        with open(path, "w") as f:
            f.writelines(f"sbk_{key}\n" for key in keys)
        return path

    def creates(self, seconds, connections, keys):
        script = f"{self.folder}/create.lua"
        with open(script, "w") as f:
            f.write(CREATE)
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, f"http://{self.address}"],
                             env={**os.environ, "SANDBAR_BENCH_KEYS": keys}, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out:
            raise RuntimeError(out)
        percentile = {p: to_ms(re.search(rf"\s{p}%\s+([\d.]+)(us|ms|s)", out)) for p in (50, 99)}
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), percentile[50], percentile[99]

    def ticks(self, job, count):
        """How long the next rounds of a job take, in ms."""
        with open(self.log) as f:
            f.seek(0, os.SEEK_END)
            seen, end = [], time.time() + 60
            while len(seen) < count and time.time() < end:
                line = f.readline()
                if not line:
                    time.sleep(0.05)
                elif match := re.search(rf"job ran.*job={job}.* ms=(\d+)", line):
                    seen.append(float(match.group(1)))
        return seen


def to_ms(match):
    return float(match.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[match.group(2)]


def measure(bin_dir, table, runs):
    with Fleet(bin_dir, 4) as fleet:
        fleet.know_hosts(200)
        keys = fleet.keys(20)
        fleet.creates(3, 16, keys)
        fleet.sql("VACUUM ANALYZE")  # which the database would do by itself within a minute
        for connections in (24, 64):
            fleet.creates(2, connections, keys)
            rows = [fleet.creates(5, connections, keys) for _ in range(runs)]
            table.add(f"creates, 200 hosts known, {connections} at once", "per s", [row[0] for row in rows], "≥ 1000")
            table.add("  each, median", "ms", [row[1] for row in rows])
            table.add("  each, 99th percentile", "ms", [row[2] for row in rows], "≤ 50")
        fleet.know_hosts(1000)
        fleet.begin_anew()
        fleet.ticks("sandbox_reconciler", 1)
        for job in ("host_monitor", "sandbox_reconciler", "template_reconciler"):
            table.add(f"{job}, 1000 hosts", "ms", fleet.ticks(job, max(3, runs)), "≤ 5000")
