// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/service.h"

#include <algorithm>

#include "sandbar/base/try.h"
#include "sandbar/control/access/actors.h"
#include "sandbar/control/access/store.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kKeyDigits = 40;
constexpr std::size_t kMostInQuery = 64;

Error unauthorized(std::string message) { return {Errc::unauthorized, std::move(message)}; }

}  // namespace

std::optional<std::string_view> secret_of_api_key(std::string_view key) {
  if (!key.starts_with("sbk_") && !key.starts_with("e2b_")) return std::nullopt;
  auto digits = key.substr(4);
  auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (digits.size() != kKeyDigits || !std::ranges::all_of(digits, is_hex)) return std::nullopt;
  return digits;
}

AccessService::AccessService(pg::Database& database, const Tokens& tokens)
    : database_(database),
      tokens_(tokens),
      users_(kMostInQuery, std::bind_front(&find_users, std::ref(database))),
      keys_(kMostInQuery, std::bind_front(&find_api_keys, std::ref(database))) {}

Task<Result<Actor>> AccessService::user_of(std::string token) {
  CO_TRY(auto claims, tokens_.read_user(token));
  CO_TRY(auto row, co_await users_.get(claims));
  co_return co_await actor_of_session(database_, std::move(claims), std::move(row), Look::is_use);
}

Task<Result<Actor>> AccessService::key_of(std::string key) {
  auto secret = secret_of_api_key(key);
  if (!secret) co_return fail(unauthorized("this is not an API key"));
  CO_TRY(auto row, co_await keys_.get(stored_form(*secret)));
  co_return co_await actor_of_key(database_, std::move(row), Look::is_use);
}

Task<Result<bool>> AccessService::was_in_deleted_team(UserId user, TeamId team) {
  return access::was_in_deleted_team(database_, user, team);
}

Result<Actor> AccessService::host_of(std::string_view token) const {
  TRY(auto host, tokens_.read_host(token));
  return Actor{.host = host};
}

}  // namespace sandbar::control::access
