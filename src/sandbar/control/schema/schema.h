// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/pg/migrate.h"

// The schema in db/migrations and db/routines.sql, built into the program.

namespace sandbar::control {

// Brings the database to this program's schema; safe at every start of every replica.
Task<Result<void>> migrate(pg::Database& database);

}  // namespace sandbar::control
