// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/service.h"

#include <doctest/doctest.h>

#include <set>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::audit;

namespace {

access::Actor someone(access::TeamRole role) {
  access::Actor actor{.type = access::ActorType::user, .id = UserId::random().str(), .name = "Ann"};
  actor.team = access::Team{kPlatformTeam, "Platform", "000000-000000"};
  actor.role = role;
  return actor;
}

Task<void> write(pg::Session& session, std::string type, std::string action, Scope scope = Scope::team) {
  Event event{.team = kPlatformTeam,
              .actor = someone(access::TeamRole::owner),
              .resource_type = type,
              .action = action};
  event.scope = scope;
  event.metadata = {{"a", 1}};
  CHECK(co_await record(session, std::move(event)));
}

Task<Result<int>> write_many(pg::Transaction& tx) {
  for (int i = 0; i < 500; ++i) co_await write(tx, "sandbox", "create");
  co_return 500;
}

Task<std::set<AuditLogId>> walk(AuditService& service, int page_size) {
  std::set<AuditLogId> seen;
  Filter filter{.limit = page_size};
  for (;;) {
    auto page = co_await service.list(someone(access::TeamRole::member), filter);
    for (const auto& entry : page->entries) CHECK(seen.insert(entry.id).second);
    if (!page->more) co_return seen;
    filter.before = page->entries.back().created_at;
    filter.before_id = page->entries.back().id;
  }
}

Task<void> pages(pg::Database& database) {
  CHECK(co_await database.transaction<int>(write_many));
  AuditService service(database);
  for (int size : {7, 50, 200, 1000}) {
    auto seen = co_await walk(service, size);
    CHECK(seen.size() == 500);
  }
  auto none = co_await service.list(someone(access::TeamRole::member), {.limit = 0});
  CHECK(none.error().code == Errc::invalid_request);
}

Task<std::size_t> count(AuditService& service, access::TeamRole role, Filter filter) {
  auto page = co_await service.list(someone(role), std::move(filter));
  co_return page->entries.size();
}

Task<void> scopes_and_filters(pg::Database& database) {
  AuditService service(database);
  co_await write(database, "sandbox", "create");
  co_await write(database, "api_key", "revoke");
  co_await write(database, "member", "add", Scope::admin);
  using enum access::TeamRole;
  CHECK(co_await count(service, owner, {}) == 3);
  CHECK(co_await count(service, admin, {}) == 3);
  CHECK(co_await count(service, member, {}) == 2);
  CHECK(co_await count(service, member, {.resource_types = {"member"}}) == 0);
  CHECK(co_await count(service, owner, {.resource_types = {"member", "sandbox"}}) == 2);
  CHECK(co_await count(service, owner, {.resource_types = {"sandbox"}, .actions = {"revoke"}}) == 0);
  CHECK(co_await count(service, owner, {.actions = {"no such action"}}) == 0);
}

}  // namespace

TEST_CASE("500 entries of one moment are each seen once, whatever the page size") { with_schema(pages); }
TEST_CASE("members do not see admin entries, and filters are AND between and OR within") {
  with_schema(scopes_and_filters);
}
