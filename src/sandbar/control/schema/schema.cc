// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/schema/schema.h"

#include "sandbar/control/schema.sql.h"

namespace sandbar::control {

Task<Result<void>> migrate(pg::Database& database) { return pg::migrate(database, {kMigrations, kRoutines}); }

}  // namespace sandbar::control
