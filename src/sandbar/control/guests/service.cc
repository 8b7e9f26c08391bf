// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/guests/service.h"

#include <algorithm>

namespace sandbar::control::guests {
namespace {

// What useradd accepts, give or take: it ends up in a header, so no colon, blank or control character.
bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
}

}  // namespace

Task<Result<Guest>> GuestService::enter(access::Actor actor, SandboxId id, std::optional<std::string> user) {
  if (user && !is_user_name(*user))
    co_return fail(invalid_request("user is not a user name", {{"user", "is not a user name"}}));
  CO_TRY(auto access, co_await sandboxes_.enter(std::move(actor), id));
  co_return Guest(std::move(access), std::move(user));
}

}  // namespace sandbar::control::guests
