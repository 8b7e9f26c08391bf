// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/schema/schema.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "sandbar/control/access/types.h"
#include "sandbar/control/audit/types.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/names.h"
#include "sandbar/model/sandbox_state.h"
#include "sandbar/model/template_state.h"

using namespace sandbar;
using namespace sandbar::control;

namespace {

constexpr pg::Statement<2> kCheck{"check_of_column", R"sql(
  SELECT pg_get_constraintdef(c.oid) AS definition FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
  WHERE c.contype = 'c' AND c.conrelid = $1::text::regclass AND a.attname = $2)sql"};
constexpr pg::Statement<0> kUncommented{"uncommented", R"sql(
  SELECT format('%s.%s', c.relname, a.attname) AS name FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('schema_migrations', 'schema_routines')
    AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL))sql"};
constexpr pg::Statement<0> kTextIds{"text_ids", R"sql(
  SELECT format('%s.%s', table_name, column_name) AS name FROM information_schema.columns
  WHERE table_schema = 'public' AND (column_name = 'id' OR column_name LIKE '%\_id') AND data_type <> 'uuid' ORDER BY 1)sql"};
constexpr pg::Statement<0> kApplied{"applied", "SELECT count(*)::int AS value FROM schema_migrations"};
constexpr pg::Statement<0> kSeeds{"seeds", R"sql(
  SELECT t.id, t.name, t.status FROM templates t JOIN teams ON teams.id = t.team_id WHERE teams.slug = '000000-000000')sql"};
constexpr pg::Statement<0> kInsertAudit{"insert_audit", R"sql(
  INSERT INTO audit_logs (id, team_id, actor_type, resource_type, action)
  SELECT gen_random_uuid(), id, 'system', 'team', 'create' FROM teams)sql"};
constexpr pg::Statement<0> kUpdateAudit{"update_audit", "UPDATE audit_logs SET action = 'x'"};
constexpr pg::Statement<0> kDeleteAudit{"delete_audit", "DELETE FROM audit_logs"};
constexpr pg::Statement<0> kTruncateAudit{"truncate_audit", "TRUNCATE audit_logs"};

struct Seed {
  TemplateId id;
  std::string name;
  TemplateState status;
};
BOOST_DESCRIBE_STRUCT(Seed, (), (id, name, status))

// The quoted words of "CHECK ((status = ANY (ARRAY['a'::text, 'b'::text])))".
std::set<std::string> quoted_words(const std::string& text) {
  std::set<std::string> words;
  for (std::size_t open = text.find('\''); open != text.npos;) {
    auto end = text.find('\'', open + 1);
    words.insert(text.substr(open + 1, end - open - 1));
    open = text.find('\'', end + 1);
  }
  return words;
}

template <class E>
Task<void> compare_enum(pg::Database& database, std::string table, std::string column) {
  std::set<std::string> names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) { names.insert(d.name); });
  auto rows = co_await database.query(kCheck, table, column);
  REQUIRE(rows);
  CAPTURE(table);
  REQUIRE(rows->size() == 1);
  CHECK(quoted_words((*rows)[0].get<std::string>("definition")) == names);
}

Task<void> compare_enums(pg::Database& database) {
  co_await compare_enum<SandboxState>(database, "sandboxes", "status");
  co_await compare_enum<HostState>(database, "hosts", "status");
  co_await compare_enum<HostType>(database, "hosts", "type");
  co_await compare_enum<TemplateState>(database, "templates", "status");
  co_await compare_enum<TemplateType>(database, "templates", "type");
  co_await compare_enum<BuildState>(database, "template_builds", "status");
  co_await compare_enum<access::TeamRole>(database, "users_teams", "role");
  co_await compare_enum<access::UserStatus>(database, "users", "status");
  co_await compare_enum<access::ActorType>(database, "audit_logs", "actor_type");
  co_await compare_enum<audit::Scope>(database, "audit_logs", "scope");
  co_await compare_enum<audit::Status>(database, "audit_logs", "status");
}

Task<void> house_rules(pg::Database& database) {
  auto uncommented = co_await database.query(kUncommented);
  for (std::size_t i = 0; i < uncommented->size(); ++i)
    FAIL_CHECK((*uncommented)[i].get<std::string>("name"));
  auto text_ids = co_await database.query(kTextIds);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < text_ids->size(); ++i) names.push_back((*text_ids)[i].get<std::string>("name"));
  CHECK(names == std::vector<std::string>{"audit_logs.actor_id", "audit_logs.resource_id",
                                          "oauth_providers.provider_id", "sandbox_metrics_snapshots.id"});
}

Task<void> twice(pg::Database& database) {
  CHECK(co_await migrate(database));
  auto rows = co_await database.query(kApplied);
  CHECK((*rows)[0].get<int>("value") == 1);
}

Task<void> seeds(pg::Database& database) {
  auto rows = co_await database.query(kSeeds);
  auto base = rows->one<Seed>("seed");
  REQUIRE(base);
  CHECK(base->id.str() == kBaseTemplateId);
  CHECK(base->name == kBaseTemplateName);
}

Task<void> append_only(pg::Database& database) {
  CHECK(co_await database.query(kInsertAudit));
  CHECK(!co_await database.query(kUpdateAudit));
  CHECK(!co_await database.query(kDeleteAudit));
  CHECK(!co_await database.query(kTruncateAudit));
}

std::string output_of(const std::string& command) {
  std::string out;
  auto* pipe = popen(command.c_str(), "r");
  for (char buffer[4096]; auto n = fread(buffer, 1, sizeof buffer, pipe);) out.append(buffer, n);
  CHECK(pclose(pipe) == 0);
  return out;
}

// What depends on the version of pg_dump, and empty lines, are left out.
std::string dump_of(const std::string& url) {
  std::istringstream lines(output_of("pg_dump --schema-only --no-owner --no-privileges '" + url + "'"));
  std::string out;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("--") && !line.starts_with("SET ") &&
        !line.starts_with("SELECT ") && !line.starts_with("\\"))
      out += line + "\n";
  return out;
}

}  // namespace

TEST_CASE("status, role and type columns allow exactly the enumerators of their enums") {
  with_schema(compare_enums);
}
TEST_CASE("every table and column has a comment, and ids are UUIDs but for the known ones") {
  with_schema(house_rules);
}
TEST_CASE("a second start finds nothing to do") { with_schema(twice); }
TEST_CASE("the platform team and the base template are there from the start") { with_schema(seeds); }
TEST_CASE("the database itself refuses to change the audit log") { with_schema(append_only); }

TEST_CASE("db/schema.sql is the dump of the migrated schema") {
  auto scratch = create_migrated_database();
  auto dump = dump_of(scratch->url());
  auto path = std::string(SANDBAR_SOURCE_DIR "/db/schema.sql");
  if (std::getenv("SANDBAR_WRITE_SCHEMA"))
    std::ofstream(path) << "-- Printed by control_schema_test with SANDBAR_WRITE_SCHEMA=1.\n" << dump;
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  auto text = kept.str();
  CHECK(text.substr(text.find('\n') + 1) == dump);
}
