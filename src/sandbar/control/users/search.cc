// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/search.h"

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/types.h"
#include "sandbar/control/users/store.sql.h"

namespace sandbar::control::users {
namespace {

constexpr std::size_t kMinPrefix = 3, kMaxPrefix = 320;
constexpr int kMaxFound = 10;

Result<std::string> checked_prefix(std::string_view text) {
  auto prefix = to_lower(trim(text));
  auto refuse = [](std::string why) {
    return fail(invalid_request("email " + why, {{"email", std::move(why)}}));
  };
  if (!is_utf8(prefix) || prefix.contains('\0')) return refuse("must be text");
  if (count_code_points(prefix) < kMinPrefix) return refuse("must have at least 3 characters");
  if (count_code_points(prefix) > kMaxPrefix) return refuse("is too long");
  if (!prefix.contains('@')) return refuse("must contain an @");
  return prefix;
}

}  // namespace

Task<Result<std::vector<FoundUser>>> SearchService::find(std::string prefix) {
  CO_TRY(prefix, checked_prefix(prefix));
  CO_TRY(auto rows,
         co_await database_.query(sql::search_users, prefix, access::UserStatus::active, kMaxFound));
  co_return rows.all<FoundUser>();
}

}  // namespace sandbar::control::users
