// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/service.h"

#include <algorithm>

#include "sandbar/base/check.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/store.h"

namespace sandbar::control::audit {
namespace {

constexpr int kMaxPage = 200;

}  // namespace

Task<Result<void>> record(pg::Session& session, Event event) {
  return insert_entry(session, std::move(event));
}

Task<Result<EntryPage>> AuditService::list(access::Actor actor, Filter filter) {
  SANDBAR_CHECK(actor.team);
  if (filter.limit < 1)
    co_return fail(invalid_request("limit must be at least 1", {{"limit", "must be at least 1"}}));
  auto limit = static_cast<std::size_t>(std::min(filter.limit, kMaxPage));
  std::vector<Scope> scopes{Scope::team};
  if (actor.manages_team()) scopes.push_back(Scope::admin);
  EntryQuery query{
      actor.team->id, std::move(scopes), std::move(filter.resource_types), std::move(filter.actions),
      filter.before,  filter.before_id,  static_cast<int>(limit + 1)};
  CO_TRY(auto entries, co_await list_entries(database_, std::move(query)));
  bool more = entries.size() > limit;
  if (more) entries.resize(limit);
  co_return EntryPage{std::move(entries), more};
}

}  // namespace sandbar::control::audit
