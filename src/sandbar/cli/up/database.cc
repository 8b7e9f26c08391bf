// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/up/tool.h"

namespace sandbar::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr auto kReadyWithin = 60s;  // recovery after a crash included

// Small, and never at the price of durability.
std::string configuration(const Layout& layout) {
  return fmt::format(R"(# written by sandbar up
listen_addresses = ''
unix_socket_directories = '{}'
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
fsync = on
synchronous_commit = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_messages = warning
)",
                     layout.postgres());
}

Tool tool(const Layout& layout, proc::Identity identity, const char* program, std::vector<std::string> args) {
  return {kPrograms + std::string(program),
          std::move(args),
          plain_environment(),
          identity,
          layout.log("postgres"),
          {}};
}

Result<void> own_folder(const std::string& path, const proc::Identity& identity) {
  TRY_VOID(make_folder(path, 0700));
  if (::chown(path.c_str(), identity.uid, identity.gid) != 0)
    return fail(errno_error("chown " + path, errno));
  return {};
}

Result<void> write_owned(const std::string& path, const std::string& text, const proc::Identity& identity) {
  TRY_VOID(write_file(path, text, 0600));
  if (::chown(path.c_str(), identity.uid, identity.gid) != 0)
    return fail(errno_error("chown " + path, errno));
  return {};
}

// initdb works in a folder beside, which is renamed: a cluster is whole or not there.
Task<Result<void>> make_cluster(const Layout& layout, proc::Identity identity) {
  auto unfinished = layout.postgres() + "/new";
  std::error_code error;
  std::filesystem::remove_all(unfinished, error);
  std::vector<std::string> args{"--pgdata", unfinished,   "--username", kSystemUser, "--auth",
                                "peer",     "--encoding", "UTF8",       "--locale",  "C.UTF-8"};
  CO_TRY_VOID(co_await run_tool(tool(layout, identity, "initdb", std::move(args))));
  std::filesystem::rename(unfinished, layout.cluster(), error);
  if (error) co_return fail(errno_error("rename " + unfinished, error.value()));
  co_return Result<void>{};
}

Task<Result<std::string>> ask_database(const Layout& layout, proc::Identity identity, std::string sql) {
  std::vector<std::string> args{"--host", layout.postgres(), "--dbname", "postgres", "--no-psqlrc",
                                "-Atc",   std::move(sql)};
  co_return co_await run_tool(tool(layout, identity, "psql", std::move(args)));
}

}  // namespace

Task<Result<void>> prepare_cluster(const Layout& layout, proc::Identity identity) {
  if (::access((kPrograms + std::string("postgres")).c_str(), X_OK) != 0)
    co_return fail(not_found("program", kPrograms + std::string("postgres; install postgresql-15")));
  CO_TRY_VOID(own_folder(layout.postgres(), identity));
  if (!std::filesystem::exists(layout.cluster() + "/PG_VERSION"))
    CO_TRY_VOID(co_await make_cluster(layout, identity));
  co_return write_owned(layout.cluster() + "/postgresql.conf", configuration(layout), identity);
}

ServiceSpec postgres_service(const Layout& layout, proc::Identity identity) {
  auto args = [cluster = layout.cluster()] { return std::vector<std::string>{"-D", cluster}; };
  return {"postgres", kPrograms + std::string("postgres"), args, plain_environment(), identity, SIGINT, 30s};
}

Task<Result<void>> await_database(const Layout& layout, proc::Identity identity) {
  auto end = std::chrono::steady_clock::now() + kReadyWithin;
  auto found = co_await ask_database(layout, identity, "SELECT 1 FROM pg_database WHERE datname = 'sandbar'");
  while (!found && std::chrono::steady_clock::now() < end) {
    co_await sleep_for(50ms);
    found = co_await ask_database(layout, identity, "SELECT 1 FROM pg_database WHERE datname = 'sandbar'");
  }
  if (!found)
    co_return fail(Error{Errc::unavailable, "PostgreSQL does not start; see " + layout.log("postgres"),
                         found.error().detail});
  if (trim(*found) == "1") co_return Result<void>{};
  CO_TRY_VOID(co_await ask_database(layout, identity, "CREATE DATABASE sandbar"));
  co_return Result<void>{};
}

std::string database_url(const Layout& layout) {
  return fmt::format("postgresql://{}@/sandbar?host={}", kSystemUser, percent_encode(layout.postgres()));
}

std::optional<RunningProcess> find_postmaster(const Layout& layout) {
  auto text = read_file(layout.cluster() + "/postmaster.pid");
  auto pid = static_cast<pid_t>(
      text ? parse_int(std::string_view(*text).substr(0, text->find('\n'))).value_or(0) : 0);
  auto start_time = pid > 0 ? start_time_of(pid) : std::nullopt;
  std::error_code error;
  // The number may belong to somebody else by now.
  if (!start_time || !std::filesystem::equivalent(fmt::format("/proc/{}/cwd", pid), layout.cluster(), error))
    return std::nullopt;
  return find_process(pid, *start_time);
}

}  // namespace sandbar::cli
