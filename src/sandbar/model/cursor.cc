// SPDX-License-Identifier: Apache-2.0
#include "sandbar/model/cursor.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/model/limits.h"

namespace sandbar {
namespace {

Error bad_cursor() {
  return invalid_request("cursor is not valid", {{"cursor", "is not one that a list answered with"}});
}

}  // namespace

std::string Cursor::str() const { return to_base64url(to_rfc3339(at) + " " + id.str()); }

Result<Cursor> Cursor::parse(std::string_view text) {
  auto plain = from_base64url(text);
  if (!plain) return fail(bad_cursor());
  auto space = plain->find(' ');
  if (space == plain->npos) return fail(bad_cursor());
  auto at = parse_rfc3339(std::string_view(*plain).substr(0, space));
  auto id = Uuid::parse(std::string_view(*plain).substr(space + 1));
  if (!at || !id) return fail(bad_cursor());
  return Cursor{*at, *id};
}

Result<std::optional<Cursor>> Cursor::parse_optional(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  TRY(auto cursor, parse(std::string_view(*text)));
  return cursor;
}

Result<int> page_limit(int wanted) {
  if (wanted < 1) return fail(invalid_request("limit must be at least 1", {{"limit", "must be at least 1"}}));
  return std::min(wanted, limits::kMaxPage);
}

}  // namespace sandbar
