// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/service.h"

#include <doctest/doctest.h>

#include <set>

#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::audit;

namespace {

constexpr pg::Statement<0> kHideLog{"test_hide", "ALTER TABLE audit_logs RENAME TO hidden"};
constexpr pg::Statement<0> kShowLog{"test_show", "ALTER TABLE hidden RENAME TO audit_logs"};
constexpr pg::Statement<0> kHideSpill{"test_hide_spill", "ALTER TABLE audit_spill RENAME TO hidden_spill"};
constexpr pg::Statement<0> kShowSpill{"test_show_spill", "ALTER TABLE hidden_spill RENAME TO audit_spill"};
constexpr pg::Statement<0> kRename{"test_rename", "UPDATE teams SET name = 'New' WHERE name = 'Platform'"};
constexpr pg::Statement<0> kName{"test_name", "SELECT name AS value FROM teams"};
constexpr pg::Statement<0> kSpilled{"test_spilled", "SELECT count(*)::int AS value FROM audit_spill"};
constexpr pg::Statement<0> kDrain{"test_drain", "SELECT drain_audit_spill(100) AS value"};

access::Actor someone(access::TeamRole role) {
  access::Actor actor{.type = access::ActorType::user, .id = UserId().str(), .name = "Ann"};
  actor.team = access::Team{kPlatformTeam, "Platform", "000000-000000"};
  actor.role = role;
  return actor;
}

Event event_of(What what) { return happened(what, kPlatformTeam, someone(access::TeamRole::owner), "thing"); }

Task<Result<int>> write_many(pg::Transaction& tx) {
  for (int i = 0; i < 500; ++i) CO_TRY_VOID(co_await record(tx, event_of(What::sandbox_create)));
  co_return 500;
}

Task<std::set<AuditLogId>> walk(AuditService& service, int page_size) {
  std::set<AuditLogId> seen;
  Filter filter{.limit = page_size};
  for (;;) {
    auto page = co_await service.list(someone(access::TeamRole::member), filter);
    for (const auto& entry : page->entries) CHECK(seen.insert(entry.id).second);
    if (!page->more) co_return seen;
    filter.span.before = page->entries.back().created_at;
    filter.span.before_id = page->entries.back().id;
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
  CHECK(co_await record(database, event_of(What::sandbox_create)));
  CHECK(co_await record(database, event_of(What::api_key_revoke)));
  CHECK(co_await record(database, event_of(What::member_add)));
  using enum access::TeamRole;
  CHECK(co_await count(service, owner, {}) == 3);
  CHECK(co_await count(service, admin, {}) == 3);
  CHECK(co_await count(service, member, {}) == 2);
  CHECK(co_await count(service, member, {.resource_types = {"member"}}) == 0);
  CHECK(co_await count(service, owner, {.resource_types = {"member", "sandbox"}}) == 2);
  CHECK(co_await count(service, owner, {.resource_types = {"sandbox"}, .actions = {"revoke"}}) == 0);
  CHECK(co_await count(service, owner, {.actions = {"no such action"}}) == 0);
  CHECK(co_await count(service, owner, {.events = {"sandbox.create", "api_key.revoke"}}) == 2);
  CHECK(co_await count(service, owner, {.actors = {UserId().str()}}) == 3);
  CHECK(co_await count(service, member, {.events = {"member.add"}, .actors = {UserId().str()}}) == 0);
  CHECK(co_await count(service, owner, {.actors = {"system"}}) == 0);
  CHECK(co_await count(service, owner, {.text = "aNN"}) == 3);
  CHECK(co_await count(service, owner, {.text = "100%"}) == 0);
}

Task<Result<bool>> rename_with_event(pg::Transaction& tx) {
  CO_TRY_VOID(co_await tx.query(kRename));
  CO_TRY_VOID(co_await record(tx, event_of(What::team_rename)));
  co_return true;
}

Task<int> number(pg::Database& database, const pg::Statement<0>& statement) {
  auto rows = co_await database.query(statement);
  co_return (*rows)[0].get<int>("value");
}

Task<void> refused_by_the_log(pg::Database& database) {
  AuditService service(database);
  CHECK(co_await record(database, event_of(What::sandbox_create)));  // has planned the insertion
  CHECK(co_await database.query(kHideLog));
  CHECK(co_await database.transaction<bool>(rename_with_event));
  auto name = co_await database.query(kName);
  CHECK((*name)[0].get<std::string>("value") == "New");
  CHECK(co_await number(database, kSpilled) == 1);
  CHECK(co_await number(database, kDrain) == 0);
  CHECK(co_await database.query(kShowLog));
  CHECK(co_await number(database, kDrain) == 1);
  CHECK(co_await number(database, kSpilled) == 0);
  auto page = co_await service.list(someone(access::TeamRole::owner), {.events = {"team.rename"}});
  CHECK(page->entries.size() == 1);
}

Task<void> refused_by_everything(pg::Database& database) {
  CHECK(co_await database.query(kHideLog));
  CHECK(co_await database.query(kHideSpill));
  CHECK(co_await database.transaction<bool>(rename_with_event));
  CHECK(co_await database.query(kShowLog));
  CHECK(co_await database.query(kShowSpill));
}

Task<void> hostile_text(pg::Database& database) {
  auto event = event_of(What::team_create);
  event.actor.user_agent = std::string("curl\0/8\xff ", 9) + std::string(1000, 'x');
  event.actor.name = "a\xc3";
  event.metadata = {{"name", std::string("x\0y", 3)}};
  CHECK(co_await record(database, std::move(event)));
  AuditService service(database);
  auto page = co_await service.list(someone(access::TeamRole::owner), {});
  REQUIRE(page->entries.size() == 1);
  CHECK(page->entries[0].user_agent.size() <= 256);
  CHECK(page->entries[0].metadata["name"].as_string() == "xy");
  CHECK(co_await number(database, kSpilled) == 0);
}

}  // namespace

TEST_CASE("AU-4: 500 entries of one moment are each seen once, whatever the page size") {
  with_schema(pages);
}
TEST_CASE("AU-4: members do not see admin entries, and filters are AND between and OR within") {
  with_schema(scopes_and_filters);
}
TEST_CASE("AU-3: an entry that the log refuses is kept with its change, and gets into the log later") {
  with_schema(refused_by_the_log);
}
TEST_CASE("AU-3: a change is made even if its entry finds no place at all") {
  with_schema(refused_by_everything);
}
TEST_CASE("AU-3: no text of a caller keeps an entry out of the log") { with_schema(hostile_text); }
TEST_CASE("AU-1: the catalogue names each event once for each reason, in snake case") {
  std::set<std::pair<std::string_view, std::string_view>> meanings;
  for (const auto& type : catalogue()) {
    CHECK(&type_of(type.what) == &type);
    CHECK(meanings.insert({type.resource_type, type.meaning}).second);
  }
}
