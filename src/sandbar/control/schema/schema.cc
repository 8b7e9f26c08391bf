// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/schema/schema.h"

#include "sandbar/control/migrations.h"

namespace sandbar::control {

Task<Result<void>> migrate(pg::Database& database) { return pg::migrate(database, kMigrations); }

}  // namespace sandbar::control
