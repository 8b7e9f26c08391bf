// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace sandbar::pg {

// One SQL statement with N parameters ($1 … $N). Constants of this type are generated from the store.sql
// files (cmake/sql.py); the text is prepared once per connection under its name.
template <std::size_t N>
struct Statement {
  std::string_view name;
  std::string_view sql;
};

// The same without the count in the type, for the test that prepares them all.
struct AnyStatement {
  std::string_view name;
  std::string_view sql;
  std::size_t parameters;
};

}  // namespace sandbar::pg
