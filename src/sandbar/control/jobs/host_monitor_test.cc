// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/host_monitor.h"

#include <doctest/doctest.h>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::jobs;
using namespace std::chrono_literals;

namespace {

constexpr pg::Statement<2> kInsertHost{"test_insert_host", R"sql(
  INSERT INTO hosts (id, type, status, registered_at, last_heartbeat_at)
  VALUES ($1, 'regular', 'online', now(), now() - $2::bigint * interval '1 second'))sql"};
constexpr pg::Statement<3> kInsertSandbox{"test_insert_sandbox", R"sql(
  INSERT INTO sandboxes (id, team_id, host_id, template, status, vcpus, memory_mb, disk_mb)
  VALUES ($1, '00000000-0000-0000-0000-000000000000', $2, 'base', $3, 1, 512, 1024))sql"};
constexpr pg::Statement<1> kStatus{"test_status", "SELECT status FROM sandboxes WHERE id = $1"};
constexpr pg::Statement<1> kHostStatus{"test_host_status", "SELECT status FROM hosts WHERE id = $1"};
constexpr pg::Statement<0> kAudit{"test_audit", R"sql(
  SELECT string_agg(resource_type || '/' || action || '/' || status || '/' || actor_type, ' ' ORDER BY created_at) AS value FROM audit_logs)sql"};

Task<std::string> text(pg::Database& database, const pg::Statement<1>& statement, Uuid id) {
  auto rows = co_await database.query(statement, id);
  co_return (*rows)[0].get<std::string>("status");
}

Task<HostId> host(pg::Database& database, int silent_seconds) {
  auto id = HostId::random();
  CHECK(co_await database.query(kInsertHost, id, silent_seconds));
  co_return id;
}

Task<SandboxId> sandbox(pg::Database& database, HostId host, std::string status) {
  auto id = SandboxId::random();
  CHECK(co_await database.query(kInsertSandbox, id, host, status));
  co_return id;
}

Leadership led_for(std::chrono::seconds time) { return {std::chrono::steady_clock::now() - time}; }

Task<void> losing(pg::Database& database) {
  Timings timings;
  HostMonitor monitor(database, timings);
  auto silent = co_await host(database, 100), alive = co_await host(database, 80);
  auto running = co_await sandbox(database, silent, "running"),
       paused = co_await sandbox(database, silent, "paused");
  auto starting = co_await sandbox(database, silent, "starting"),
       other = co_await sandbox(database, alive, "running");
  auto early = co_await monitor.run(led_for(60s));
  CHECK(early->changed == 0);
  auto report = co_await monitor.run(led_for(100s));
  CHECK(report->changed == 3);
  CHECK(co_await text(database, kHostStatus, silent.uuid()) == "unreachable");
  CHECK(co_await text(database, kHostStatus, alive.uuid()) == "online");
  CHECK(co_await text(database, kStatus, running.uuid()) == "missing");
  CHECK(co_await text(database, kStatus, starting.uuid()) == "missing");
  CHECK(co_await text(database, kStatus, paused.uuid()) == "paused");
  CHECK(co_await text(database, kStatus, other.uuid()) == "running");
  auto again = co_await monitor.run(led_for(100s));
  CHECK(again->changed == 0);
  auto audit = co_await database.query(kAudit);
  CHECK((*audit)[0].get<std::string>("value") ==
        "host/marked_down/error/system sandbox/missing/warning/system sandbox/missing/warning/system");
}

}  // namespace

TEST_CASE(
    "a host that is silent for too long is lost once, with what ran on it, but not right after a start") {
  with_schema(losing);
}
