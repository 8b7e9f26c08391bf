// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/templates/store.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/templates/service.h"
#include "sandbar/model/names.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::templates;

namespace {

constexpr pg::Statement<2> kInsertTeam{"test.insert_team",
                                       "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', $2)"};

constexpr pg::Statement<1> kInsertHost{
    "test.insert_host",
    "INSERT INTO hosts (id, type, status, address) VALUES ($1, 'regular', 'online', 'a:1')"};

Task<TeamId> make_team(pg::Session& session) {
  auto team = TeamId::random();
  auto hex = team.uuid().hex();
  auto rows = co_await session.query(kInsertTeam, team, hex.substr(0, 6) + "-" + hex.substr(6, 6));
  REQUIRE(rows);
  co_return team;
}

NewTemplate snapshot_of(TeamId team, std::string name) {
  return {.team_id = team,
          .name = std::move(name),
          .vcpus = 1,
          .memory_mb = 512,
          .disk_mb = 1024,
          .source = SandboxId::random()};
}

Task<void> test_visibility(pg::Database& db) {
  auto ours = co_await make_team(db);
  auto theirs = co_await make_team(db);
  TemplateService service(db);
  auto base = co_await service.resolve(ours, "base");
  REQUIRE(base);
  CHECK(base->id.str() == kBaseTemplateId);
  auto by_id = co_await service.resolve(ours, std::string(kBaseTemplateId));
  CHECK(by_id.has_value());

  auto mine = co_await insert_template(db, snapshot_of(ours, "mine"));
  REQUIRE(mine);
  auto seen_by_us = co_await service.resolve(ours, "mine");
  auto seen_by_them = co_await service.resolve(theirs, "mine");
  auto id_seen_by_them = co_await service.resolve(theirs, mine->id.str());
  CHECK(seen_by_us.has_value());
  CHECK(seen_by_them.error().code == Errc::not_found);
  CHECK(id_seen_by_them.error().code == Errc::not_found);
  auto bad = co_await service.resolve(ours, "../base");
  CHECK(bad.error().code == Errc::invalid_request);
}

Task<void> test_names(pg::Database& db) {
  auto team = co_await make_team(db);
  auto other = co_await make_team(db);
  auto first = co_await insert_template(db, snapshot_of(team, "py"));
  auto twice = co_await insert_template(db, snapshot_of(team, "py"));
  auto elsewhere = co_await insert_template(db, snapshot_of(other, "py"));
  REQUIRE(first);
  CHECK(twice.error().code == Errc::already_exists);
  CHECK(elsewhere.has_value());
  auto reserved = co_await insert_template(db, snapshot_of(team, "base"));
  CHECK(reserved.error().code == Errc::name_reserved);
}

Task<void> test_deletion(pg::Database& db) {
  auto team = co_await make_team(db);
  auto snapshot = co_await insert_template(db, snapshot_of(team, "gone"));
  REQUIRE(snapshot);
  auto ready = co_await mark_ready_any_team(db, {snapshot->id, HostId(), 2, 1024, 2048, 99});
  REQUIRE(ready);
  CHECK(ready->status == TemplateState::ready);
  CHECK(ready->memory_mb == 1024);
  auto stranger = co_await mark_deleting(db, co_await make_team(db), snapshot->id);
  CHECK(stranger == false);
  auto marked = co_await mark_deleting(db, team, snapshot->id);
  CHECK(marked == true);
  auto found = co_await find_template(db, team, std::string("gone"));
  CHECK(!found->has_value());
  auto again = co_await insert_template(db, snapshot_of(team, "gone"));
  CHECK(again.has_value());
  auto removed = co_await delete_unheld_any_team(db);
  CHECK(removed.has_value());
}

Task<Result<Template>> finish(pg::Database& db, TemplateId id) {
  auto host = HostId::random();
  auto made = co_await db.query(kInsertHost, host);
  REQUIRE(made);
  auto body = [&](pg::Transaction& tx) { return TemplateService::finish(tx, {id, host, 1, 512, 1024, 7}); };
  co_return co_await db.transaction<Template>(body);
}

Task<void> test_replacement(pg::Database& db) {
  auto team = co_await make_team(db);
  TemplateService service(db);
  auto old = co_await insert_template(db, snapshot_of(team, "py"));
  auto old_ready = co_await finish(db, old->id);
  REQUIRE(old_ready);
  auto wanted = snapshot_of(team, "py");
  wanted.if_taken = IfTaken::replace;
  auto next = co_await insert_template(db, wanted);
  REQUIRE(next);
  auto meanwhile = co_await service.resolve(team, "py");
  CHECK(meanwhile->id == old->id);
  auto hidden = co_await service.resolve(team, next->id.str());
  CHECK(hidden.error().code == Errc::not_found);
  auto ready = co_await finish(db, next->id);
  REQUIRE(ready);
  auto after = co_await service.resolve(team, "py");
  CHECK(after->id == next->id);
  auto removals = co_await service.list_removals();
  auto is_old = [&](const Removal& removal) { return removal.template_id == old->id; };
  CHECK(std::ranges::count_if(*removals, is_old) == 1);
}

Task<void> test_pages(pg::Database& db) {
  auto team = co_await make_team(db);
  for (int i = 0; i < 5; ++i) {
    auto made = co_await insert_template(db, snapshot_of(team, fmt::format("s{}", i)));
    REQUIRE(made);
  }
  TemplateService service(db);
  ListTemplates list{.team_id = team, .type = TemplateType::snapshot, .limit = 2};
  std::vector<std::string> names;
  for (;;) {
    auto page = co_await service.list(list);
    REQUIRE(page);
    for (const auto& item : page->items) names.push_back(item.name);
    if (!page->next_cursor) break;
    list.cursor = page->next_cursor;
  }
  CHECK(names == std::vector<std::string>{"s4", "s3", "s2", "s1", "s0"});
}

}  // namespace

TEST_CASE("a team sees its own templates and the platform's, by name and by id") {
  with_schema(test_visibility);
}
TEST_CASE("SN-1: a name is taken once in a team, and those of the platform's templates are reserved") {
  with_schema(test_names);
}
TEST_CASE("SN-1: a template that replaces another is out of sight until it is ready, and the old one stays") {
  with_schema(test_replacement);
}
TEST_CASE("a template that is being deleted is gone for its team, and its name is free") {
  with_schema(test_deletion);
}
TEST_CASE("templates are listed page by page, newest first") { with_schema(test_pages); }
