// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/try.h"

// Where a page of a list that is ordered by time and id (newest first) ended. Opaque to clients.

namespace sandbar {

struct Cursor {
  Time at{};
  Uuid id;

  std::string str() const;
  // invalid_request for anything that str() did not make.
  static Result<Cursor> parse(std::string_view text);
  static Result<std::optional<Cursor>> parse_optional(const std::optional<std::string>& text);
};

// The number of items of a page: at most limits::kMaxPage; invalid_request below 1.
Result<int> page_limit(int wanted);

// `rows` were read with one more than `limit`: cuts that one off, and says where to go on if it was there.
template <class Row>
std::optional<std::string> cut_page(std::vector<Row>& rows, int limit) {
  if (rows.size() <= static_cast<std::size_t>(limit)) return std::nullopt;
  rows.resize(static_cast<std::size_t>(limit));
  return Cursor{rows.back().created_at, rows.back().id.uuid()}.str();
}

}  // namespace sandbar
