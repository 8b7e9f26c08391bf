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
CREATE TABLE IF NOT EXISTS schema_routines (
  digest text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_routines IS 'Which db/routines.sql has been applied last.';
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

constexpr std::string_view kApplyRoutines = R"sql(
DO $apply$ DECLARE
  routines text := $sandbar_routines${}$sandbar_routines$;
BEGIN
  IF (SELECT digest FROM schema_routines) IS DISTINCT FROM md5(routines) THEN
    EXECUTE routines;
    DELETE FROM schema_routines;
    INSERT INTO schema_routines (digest) VALUES (md5(routines));
  END IF;
END $apply$;
)sql";

constexpr int kTries = 5;

std::string script_of(const Schema& schema) {
  std::string script(kPrologue);
  int newest = schema.migrations.empty() ? 0 : schema.migrations.back().version;
  script += fmt::format(fmt::runtime(kRefuseNewer), newest);
  for (const auto& migration : schema.migrations)
    script += fmt::format(fmt::runtime(kApply), migration.version, migration.name, migration.sql);
  script += fmt::format(fmt::runtime(kApplyRoutines), schema.routines);
  return script + "COMMIT;";
}

}  // namespace

// Who serves meanwhile locks tables in another order, and may be met in a circle.
Task<Result<void>> migrate(Database& database, Schema schema) {
  auto script = script_of(schema);
  for (int attempt = 1;; ++attempt) {
    auto done = co_await database.run_script(script);
    if (done || attempt == kTries || !is_retryable(done.error())) co_return done;
  }
}

}  // namespace sandbar::pg
