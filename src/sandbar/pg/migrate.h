// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "sandbar/pg/database.h"

// Brings a database to the schema that this program was built with. Safe to call from any number of programs
// at once, and beside one that serves: everything happens in one transaction under an advisory lock. A
// database that is newer than the program is refused.

namespace sandbar::pg {

struct Migration {
  int version;            // 1, 2, 3 … without gaps
  std::string_view name;  // file name without extension
  std::string_view sql;
};

struct Schema {
  std::span<const Migration> migrations;
  std::string_view routines = "";  // functions and triggers; applied whenever the text is another one
};

Task<Result<void>> migrate(Database& database, Schema schema);

}  // namespace sandbar::pg
