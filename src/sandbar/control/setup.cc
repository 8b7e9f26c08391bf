// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/setup.h"

#include <boost/asio/this_coro.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/control/schema/schema.h"

namespace sandbar::control {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{250};

Task<Result<void>> migrate_when_ready(pg::Database& database, std::chrono::milliseconds wait) {
  auto give_up = std::chrono::steady_clock::now() + wait;
  for (bool told = false;; told = true) {
    auto done = co_await migrate(database);
    bool is_away = !done && done.error().code == Errc::unavailable;
    if (!is_away || std::chrono::steady_clock::now() > give_up) co_return done;
    if (!told) log::info("waiting for the database", {{"error", done.error()}});
    co_await sleep_for(kBetweenTries);
  }
}

Task<Result<authority::AuthorityPtr>> prepare(pg::Database& database, const Config& config, Secret key) {
  CO_TRY_VOID(co_await migrate_when_ready(database, config.database_wait));
  co_return co_await authority::Authority::open(database, std::move(key));
}

}  // namespace

pg::DatabaseOptions database_options(const Config& config) {
  return {.url = config.database_url, .pool_size = static_cast<std::size_t>(config.database_pool)};
}

Task<Result<Setup>> set_up(const Config& config) {
  CO_TRY(auto keys, access::Keys::derive(config.secret));
  auto database = pg::Database::create(co_await boost::asio::this_coro::executor, database_options(config));
  auto opened = co_await prepare(*database, config, keys.authority);
  co_await database->close();
  CO_TRY(auto authority, std::move(opened));
  CO_TRY(auto tls, authority->make_agent_tls());
  co_return Setup{std::move(keys), std::move(authority), std::move(tls)};
}

}  // namespace sandbar::control
