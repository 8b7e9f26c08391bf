// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/health/service.h"

#include <unistd.h>

#include <fstream>

#include "sandbar/async/timer.h"
#include "sandbar/control/health/store.sql.h"
#include "sandbar/control/version.h"
#include "sandbar/http/openapi.h"
#include "sandbar/model/sandbox_state.h"

namespace sandbar::control::health {
namespace {

constexpr std::chrono::seconds kCheckLimit{2};

struct Count {
  std::string status;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (status, count))

void append_gauges(std::string& out, std::string_view name, const pg::Rows& rows) {
  out += fmt::format("# TYPE {} gauge\n", name);
  for (const auto& row : rows.all<Count>())
    out += fmt::format("{}{{status=\"{}\"}} {}\n", name, row.status, row.count);
}

std::int64_t resident_bytes() {
  std::int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

Task<Result<void>> ping(pg::Database& database) {
  CO_TRY_VOID(co_await database.query(sql::ping));
  co_return Result<void>{};
}

}  // namespace

boost::json::object describe_api(const http::Router& router) {
  return http::openapi({"Sandbar", std::string(kVersion)}, router.routes());
}

Task<Result<void>> HealthService::check() {
  auto alive = co_await with_timeout(kCheckLimit, "asking the database", ping(database_));
  if (alive) co_return alive;
  co_return fail(Error{Errc::unavailable, "the database does not answer", std::move(alive).error().detail});
}

Task<Result<std::string>> HealthService::prometheus_text() {
  auto out = requests_.prometheus_text(router_.routes());
  out += fmt::format("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n",
                     resident_bytes());
  CO_TRY(auto sandboxes,
         co_await database_.query(sql::count_sandboxes_any_team, states_where(&holds_resources)));
  append_gauges(out, "sandbar_sandboxes", sandboxes);
  CO_TRY(auto hosts, co_await database_.query(sql::count_hosts));
  append_gauges(out, "sandbar_hosts", hosts);
  for (const auto& source : sources_) {
    CO_TRY(auto lines, co_await source());
    out += lines;
  }
  co_return out;
}

const std::string& HealthService::openapi_json() {
  if (json_.empty()) json_ = boost::json::serialize(describe_api(router_));
  return json_;
}

const std::string& HealthService::openapi_yaml() {
  if (yaml_.empty()) yaml_ = http::to_yaml(describe_api(router_));
  return yaml_;
}

}  // namespace sandbar::control::health
