# SPDX-License-Identifier: Apache-2.0
"""Measures Sandbar on this machine and prints a table: ./dev bench [PART] [--runs N] [--state DIR --listen ADDRESS] [--json]"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

import fleet
import gateway
import lists
import peers
from instance import Instance, rollup

MIB = 1 << 20


def ms_since(begin):
    return (time.perf_counter() - begin) * 1000


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, unit, samples, goal=""):
        if not samples:
            self.rows.append({"what": what, "unit": unit, "runs": 0})
        else:
            ordered = sorted(samples)
            p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
            self.rows.append({"what": what, "unit": unit, "runs": len(ordered), "min": ordered[0],
                              "p50": statistics.median(ordered), "p95": p95, "goal": goal})
        print(self.line(self.rows[-1]), flush=True)

    @staticmethod
    def header():
        return f"{'':44}{'min':>10}{'p50':>10}{'p95':>10}  {'unit':8}{'runs':>5}  goal (p50)"

    @staticmethod
    def line(row):
        if not row["runs"]:
            return f"{row['what']:44}{'not on this machine':>30}"
        number = lambda v: f"{v:10.0f}" if v >= 1000 else f"{v:10.1f}" if v >= 10 else f"{v:10.2f}"
        return (f"{row['what']:44}{number(row['min'])}{number(row['p50'])}{number(row['p95'])}  {row['unit']:8}"
                f"{row['runs']:5}  {row['goal']}")


def lifecycle(sandbar, table, runs, what="create", apart_s=0.0, goal="", **request):
    running, first, gone = [], [], []
    for _ in range(runs):
        time.sleep(apart_s)
        begin = time.perf_counter()
        sandbox = sandbar.create(**request)
        running.append(ms_since(begin))
        assert sandbar.exec(sandbox, "/bin/echo", "hi")["stdout"] == "hi\n"
        first.append(ms_since(begin))
        begin = time.perf_counter()
        sandbar.destroy(sandbox)
        gone.append(ms_since(begin))
    table.add(f"{what} → running", "ms", running)
    table.add(f"{what} → first output of echo", "ms", first, goal)
    return gone


def creates(sandbar, table, runs):
    """One now and then finds a machine that was made ahead of need; one after the other takes them faster than they come.
    Those of a snapshot were not rehearsed. A sandbox with a larger disk is restored when it is asked for, and grows it."""
    table.add("destroy", "ms", lifecycle(sandbar, table, runs, apart_s=2))
    lifecycle(sandbar, table, runs, "create, back to back")
    lifecycle(sandbar, table, runs, "create with a larger disk", disk_mb=8192)
    origin = sandbar.create()
    name = sandbar.call("POST", "/v1/snapshots", {"sandbox_id": origin, "name": f"bench-{os.getpid()}"})["name"]
    sandbar.destroy(sandbar.create(template=name))
    lifecycle(sandbar, table, runs, "create from a snapshot", template=name, apart_s=2, goal="≤ 350")
    sandbar.call("DELETE", f"/v1/snapshots/{name}")
    sandbar.destroy(origin)


def round_trips(sandbar, table, runs):
    sandbox = sandbar.create()
    for command, what, goal in ((["/bin/true"], "exec /bin/true", "≤ 40"), (["/bin/sh", "-c", "true"], "exec sh -c true", ""),
                                (["python3", "-c", "print(1)"], "exec python3 -c print(1)", "")):
        samples = []
        sandbar.exec(sandbox, *command)
        for _ in range(runs * 2):
            begin = time.perf_counter()
            sandbar.exec(sandbox, *command)
            samples.append(ms_since(begin))
        table.add(what, "ms", samples, goal)
    sandbar.destroy(sandbox)


def pause_and_resume(sandbar, table, runs, dirty_mib, from_disk=False):
    label = f"{dirty_mib} MiB dirtied" if dirty_mib else "idle"
    sandbox = sandbar.create()
    sandbar.exec(sandbox, "/bin/true")
    if dirty_mib:
        sandbar.exec(sandbox, "/bin/sh", "-c", f"head -c {dirty_mib * MIB} /dev/urandom > /dev/shm/blob")
    pauses, resumes = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        sandbar.call("POST", f"/v1/sandboxes/{sandbox}/pause")
        pauses.append(ms_since(begin))
        if from_disk:
            os.kill(sandbar.machine_of(sandbox), signal.SIGKILL)
        begin = time.perf_counter()
        sandbar.call("POST", f"/v1/sandboxes/{sandbox}/resume")
        sandbar.exec(sandbox, "/bin/echo", "hi")
        resumes.append(ms_since(begin))
    sandbar.destroy(sandbox)
    if from_disk:
        return table.add(f"resume from disk → first output, {label}", "ms", resumes, "" if dirty_mib else "≤ 300")
    table.add(f"pause, {label}", "ms", pauses, "" if dirty_mib else "≤ 40")
    table.add(f"resume → first output, {label}", "ms", resumes, "" if dirty_mib else "≤ 300")


def snapshots(sandbar, table, runs):
    sandbox = sandbar.create()
    samples = []
    for number in range(runs):
        begin = time.perf_counter()
        name = sandbar.call("POST", "/v1/snapshots", {"sandbox_id": sandbox, "name": f"bench-{os.getpid()}-{number}"})["name"]
        samples.append(ms_since(begin))
        sandbar.call("DELETE", f"/v1/snapshots/{name}")
    table.add("snapshot of a running sandbox", "ms", samples)
    sandbar.destroy(sandbox)


def many(sandbar, table, count):
    def one(_):
        connection = sandbar.new_connection()
        begin = time.perf_counter()
        sandbox = sandbar.create(connection=connection)
        sandbar.exec(sandbox, "/bin/echo", "hi", connection=connection)
        connection.close()
        return sandbox, ms_since(begin)

    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        made = list(pool.map(one, range(count)))
    table.add(f"{count} at once: all have answered", "ms", [ms_since(begin)])
    table.add(f"{count} at once: each", "ms", [ms for _, ms in made])
    memory(sandbar, table, "a sandbox that ran echo")
    for sandbox, _ in made:
        sandbar.destroy(sandbox)


def idle(sandbar, table, count):
    """Nothing has been run in them: what a sandbox costs that waits for its first command."""
    made = [sandbar.create() for _ in range(count)]
    memory(sandbar, table, "an idle sandbox", "≤ 30")
    for sandbox in made:
        sandbar.destroy(sandbox)


def memory(sandbar, table, whose, goal=""):
    rows = [rollup(pid) for pid in sandbar.machines()]
    private = [(row["Private_Dirty"] + row["Private_Clean"]) / 1024 for row in rows]
    table.add(f"private memory of {whose}", "MiB", private, goal)
    table.add(f"proportional memory of {whose}", "MiB", [row["Pss"] / 1024 for row in rows])


def files(sandbar, table, runs, mib=128):
    sandbox = sandbar.create()
    blob = os.urandom(mib * MIB)
    up, down = [], []
    for _ in range(max(3, runs // 4)):
        begin = time.perf_counter()
        sandbar.raw("PUT", f"/v1/sandboxes/{sandbox}/files?path=/dev/shm/blob", blob)
        up.append(mib / (ms_since(begin) / 1000))
        begin = time.perf_counter()
        assert len(sandbar.raw("GET", f"/v1/sandboxes/{sandbox}/files?path=/dev/shm/blob")) == len(blob)
        down.append(mib / (ms_since(begin) / 1000))
    table.add(f"file upload, {mib} MiB", "MiB/s", up)
    table.add(f"file download, {mib} MiB", "MiB/s", down)
    sandbar.destroy(sandbox)


def api_reads(sandbar, table, seconds=5):
    if not shutil.which("wrk"):
        return table.add("GET /v1/me", "req/s", [])
    rates = []
    for _ in range(3):
        out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-H", f"Authorization: Bearer {sandbar.token()}",
                              f"http://{sandbar.address}/v1/me"], check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out:
            raise RuntimeError(out)
        rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)))
    table.add("GET /v1/me (token check and one query)", "req/s", rates, "≥ 20000")


def resident(sandbar, table):
    for name, goal in (("sandbar-control", "≤ 60"), ("sandbar-agent", "≤ 40")):
        table.add(f"{name}, resident", "MiB", [rollup(pid)["Rss"] / 1024 for pid in sandbar.processes(name)], goal)


def measure(sandbar, table, runs):
    creates(sandbar, table, runs)
    round_trips(sandbar, table, runs)
    for dirty_mib in (0, 50):
        pause_and_resume(sandbar, table, runs, dirty_mib)
        pause_and_resume(sandbar, table, runs, dirty_mib, from_disk=True)
    snapshots(sandbar, table, max(3, runs // 2))
    many(sandbar, table, 20)
    idle(sandbar, table, 20)
    files(sandbar, table, runs)
    api_reads(sandbar, table)
    resident(sandbar, table)
    table.add("peer: bwrap /bin/true", "ms", peers.bwrap(runs))
    table.add("peer: runc /bin/true", "ms", peers.runc(runs))
    table.add("peer: PostgreSQL finding one row by its key", "req/s", peers.database_reads(sandbar.state, 3))
    table.add("peer: cold QEMU boot to init", "ms", peers.cold_boot(sandbar.state, 3))


# What can be measured alone: function, and what its own instance is started with.
PARTS = {
    "all": (measure, None),
    "lists": (lists.measure, "fake"),
}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=sorted(PARTS), default="all", help="what to measure")
    parser.add_argument("--bin", default=f"{here}/../build/release/bin", help="folder of the built programs")
    parser.add_argument("--runs", type=int, default=12, help="runs of each short measurement")
    parser.add_argument("--state", help="measure the instance with this state folder instead of one of our own")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="its address, with --state")
    parser.add_argument("--fleet", action="store_true", help="placement and monitor over many fake hosts, and nothing else")
    parser.add_argument("--gateway", action="store_true", help="what the gateway adds, and nothing else")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON at the end")
    options = parser.parse_args()
    cache = os.path.join(here, "../build/vm-cache")
    table = Table()
    if options.fleet:
        print(table.header())
        fleet.measure(options.bin, table, 5)
        return
    if options.gateway:
        print(table.header())
        gateway.measure(table, options.bin, cache, options.runs)
        return
    part, hypervisor = PARTS[options.part]
    with Instance(options.bin, cache, options.state, options.listen if options.state else None, hypervisor) as sandbar:
        print(table.header())
        part(sandbar, table, options.runs)
    if part is measure:
        gateway.measure(table, options.bin, cache, options.runs)
    if options.json:
        json.dump(table.rows, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
