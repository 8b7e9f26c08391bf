// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/setup.h"

#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "sandbar/async/timer.h"
#include "sandbar/control/schema/schema.h"
#include "sandbar/http/outgoing.h"

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

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(errno_error("reading " + path, errno));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<std::shared_ptr<const webhooks::Courier>> make_courier(const Config& config) {
  auto settings = webhook_settings(config);
  std::string ca_pem;
  if (!config.webhook_ca_file.empty()) {
    TRY(ca_pem, read_file(config.webhook_ca_file));
  }
  TRY(auto policy, webhooks::EgressPolicy::create(settings.allow_cidrs));
  TRY(auto tls, http::make_outgoing_tls(std::move(ca_pem)));
  webhooks::Courier::Options options{std::move(policy), std::move(tls), settings.timeout, settings.allow_http,
                                     &http::resolve_addresses};
  return std::make_shared<const webhooks::Courier>(std::move(options));
}

}  // namespace

webhooks::Settings webhook_settings(const Config& config) {
  return {.allow_cidrs = config.webhook_allow_cidrs,
          .allow_http = config.webhook_allow_http,
          .timeout = config.webhook_timeout,
          .attempts = config.webhook_attempts,
          .retry_base = config.webhook_retry_base,
          .retry_max = config.webhook_retry_max,
          .disable_after = config.webhook_disable_after,
          .retention = config.webhook_retention};
}

pg::DatabaseOptions database_options(const Config& config) {
  return {.url = config.database_url, .pool_size = static_cast<std::size_t>(config.database_pool)};
}

Task<Result<Setup>> set_up(const Config& config) {
  CO_TRY(auto keys, access::Keys::derive(config.secret, config.token_secrets));
  auto database = pg::Database::create(co_await boost::asio::this_coro::executor, database_options(config));
  auto opened = co_await prepare(*database, config, keys.authority);
  co_await database->close();
  CO_TRY(auto authority, std::move(opened));
  CO_TRY(auto tls, authority->make_agent_tls());
  CO_TRY(auto courier, make_courier(config));
  co_return Setup{std::move(keys), std::move(authority), std::move(tls), std::move(courier)};
}

}  // namespace sandbar::control
