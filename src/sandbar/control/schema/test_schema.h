// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "sandbar/pg/test_database.h"

// A database with the migrated schema for store tests. The schema is applied once per test program; each call
// gets a copy of its own.

namespace sandbar::control {

std::unique_ptr<pg::TestServer::Scratch> create_migrated_database();
void with_schema(std::function<Task<void>(pg::Database&)> body);

}  // namespace sandbar::control
