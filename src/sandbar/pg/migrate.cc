// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/migrate.h"

namespace sandbar::pg {
namespace {

constexpr std::string_view kPrologue = R"sql(
BEGIN;
SET LOCAL statement_timeout = '10min';
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(hashtext('sandbar schema'));
CREATE TABLE IF NOT EXISTS schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_migrations IS 'What has been applied from db/migrations.';
)sql";

constexpr std::string_view kRefuseNewer = R"sql(
DO $check$ BEGIN
  IF EXISTS (SELECT FROM schema_migrations WHERE version > {}) THEN
    RAISE EXCEPTION 'the database is newer than this program';
  END IF;
END $check$;
)sql";

// EXECUTE runs each statement of the text in turn, so later ones see the tables of earlier ones.
constexpr std::string_view kApply = R"sql(
DO $apply$ BEGIN
  IF NOT EXISTS (SELECT FROM schema_migrations WHERE version = {0}) THEN
    EXECUTE $sandbar_migration${2}$sandbar_migration$;
    INSERT INTO schema_migrations (version, name) VALUES ({0}, '{1}');
  END IF;
END $apply$;
)sql";

}  // namespace

Task<Result<void>> migrate(Database& database, std::span<const Migration> migrations) {
  int newest = migrations.empty() ? 0 : migrations.back().version;
  std::string script(kPrologue);
  script += fmt::format(fmt::runtime(kRefuseNewer), newest);
  for (const auto& migration : migrations)
    script += fmt::format(fmt::runtime(kApply), migration.version, migration.name, migration.sql);
  co_return co_await database.run_script(script + "COMMIT;");
}

}  // namespace sandbar::pg
