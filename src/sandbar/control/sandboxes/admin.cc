// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/admin.h"

#include "sandbar/control/sandboxes/store.h"
#include "sandbar/control/sandboxes/validate.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::sandboxes {

// What no index bounds must not hold up the statements of others.
Task<Result<http::Page<NamedSandbox>>> AdminSandboxesService::list(ListAnyTeam list) {
  CO_TRY(auto limit, page_limit(list.limit));
  CO_TRY_VOID(validate_search("q", list.text));
  list.limit = limit;
  CO_TRY(auto lane, co_await database_.slow_lane());
  CO_TRY(auto rows, co_await list_sandboxes_any_team(*lane, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<NamedSandbox>{std::move(rows), std::move(next)};
}

}  // namespace sandbar::control::sandboxes
