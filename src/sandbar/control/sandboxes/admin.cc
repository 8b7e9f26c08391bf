// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/admin.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/sandboxes/store.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::sandboxes {
namespace {

constexpr std::size_t kMaxText = 200;

Result<void> check(const std::optional<std::string>& text) {
  if (!text || (text->size() <= kMaxText && !text->contains('\0'))) return {};
  return fail(invalid_request("q is too long, or no text", {{"q", "must be text of at most 200 bytes"}}));
}

}  // namespace

// What no index bounds must not hold up the statements of others.
Task<Result<http::Page<NamedSandbox>>> AdminSandboxesService::list(ListAnyTeam list) {
  CO_TRY(auto limit, page_limit(list.limit));
  CO_TRY_VOID(check(list.text));
  list.limit = limit;
  CO_TRY(auto lane, co_await database_.slow_lane());
  CO_TRY(auto rows, co_await list_sandboxes_any_team(*lane, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<NamedSandbox>{std::move(rows), std::move(next)};
}

}  // namespace sandbar::control::sandboxes
