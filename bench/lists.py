# SPDX-License-Identifier: Apache-2.0
"""Lists over tables with 100 000 rows: how long a page takes, wherever it is and whatever filters it."""
import base64
import datetime
import http.client
import time

ROWS = 100_000
GOAL = "≤ 10"

FILL = """
INSERT INTO audit_logs (id, team_id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope, status, metadata, source_ip, created_at)
SELECT gen_random_uuid(), :'team', 'user', 'usr-' || gen_random_uuid(), 'user ' || i % 100, e.type, 'r-' || i, e.action, e.scope, 'info',
       jsonb_build_object('name', 'thing ' || i), '203.0.113.7', now() - i * interval '1 second'
FROM generate_series(1, :rows) i, LATERAL (SELECT * FROM (VALUES (0, 'sandbox', 'create', 'team'), (1, 'sandbox', 'pause', 'team'),
     (2, 'member', 'add', 'admin'), (3, 'snapshot', 'create', 'team')) v(k, type, action, scope) WHERE k = CASE WHEN i % 1000 = 0 THEN 3 ELSE i % 3 END) e;
-- Without the triggers that count what a team holds: one row changed 100 000 times in one transaction takes minutes.
SET session_replication_role = replica;
INSERT INTO sandboxes (id, team_id, template, status, vcpus, memory_mb, disk_mb, created_at)
SELECT gen_random_uuid(), :'team', 'base', CASE WHEN i % 1000 = 0 THEN 'paused' ELSE 'stopped' END, 1, 512, 4096, now() - i * interval '1 second'
FROM generate_series(1, :rows) i;
RESET session_replication_role;
INSERT INTO templates (id, team_id, name, type, status, created_at)
SELECT gen_random_uuid(), :'team', 'bench-' || i, 'snapshot', 'ready', now() - i * interval '1 second' FROM generate_series(1, :rows) i;
INSERT INTO hosts (id, type, status, created_at)
SELECT gen_random_uuid(), 'regular', 'pending', now() - i * interval '1 second' FROM generate_series(1, :rows) i;
INSERT INTO team_api_keys (id, team_id, name, key_hash, key_prefix, created_at)
SELECT gen_random_uuid(), :'team', 'key ' || i, encode(sha256(i::text::bytea), 'hex'), 'sbk_bench', now() - i * interval '1 second'
FROM generate_series(1, 200) i;  -- as many as a team may have
VACUUM ANALYZE;
"""


def in_the_middle(path):
    """The page that begins behind half of the rows, which are a second apart."""
    at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ROWS // 2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if "audit-logs" in path:
        return f"{path}?before={at}"
    cursor = base64.urlsafe_b64encode(f"{at} 00000000-0000-0000-0000-000000000000".encode()).decode().rstrip("=")
    return f"{path}?cursor={cursor}"


class Reader:
    def __init__(self, sandbar):
        self.connection = http.client.HTTPConnection(sandbar.address, timeout=120)
        self.headers = {"Authorization": f"Bearer {sandbar.token()}"}

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {data[:300]!r}")
        return data

    def time(self, path, runs):
        samples = []
        for _ in range(runs):
            begin = time.perf_counter()
            self.get(path)
            samples.append((time.perf_counter() - begin) * 1000)
        return samples


def measure(sandbar, table, runs):
    fill = FILL.replace(":'team'", f"'{sandbar.admin['team_id'].removeprefix('team-')}'").replace(":rows", str(ROWS))
    sandbar.sql(fill)
    reader = Reader(sandbar)
    runs *= 4
    for path in ("/v1/sandboxes", "/v1/snapshots", "/v1/hosts", "/v1/api-keys", "/v1/audit-logs", "/v1/admin/audit-logs"):
        table.add(f"GET {path}", "ms", reader.time(path, runs), GOAL)
        if path != "/v1/api-keys":  # one page
            table.add("  a page in the middle", "ms", reader.time(in_the_middle(path), runs), GOAL)
    for query in ("template=base", "template=nothing", "q=base"):
        table.add(f"sandboxes, {query}", "ms", reader.time(f"/v1/sandboxes?{query}", runs), GOAL)
    table.add("sandboxes, text that is found nowhere", "ms", reader.time("/v1/sandboxes?status=stopped&q=nowhere", runs))
    for query in ("limit=200", "resource_type=sandbox,member", "event=snapshot.create", "action=pause", "actor=system", "resource_id=r-70000",
                  "from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"):
        table.add(f"audit, {query}"[:44], "ms", reader.time(f"/v1/audit-logs?{query}", runs), GOAL)
    table.add("audit, text that is found often", "ms", reader.time("/v1/audit-logs?text=thing", runs), GOAL)
    table.add("audit, text that is found nowhere", "ms", reader.time("/v1/audit-logs?text=nowhere", runs))
