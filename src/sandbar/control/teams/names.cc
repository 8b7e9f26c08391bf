// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/names.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sandbar/base/strings.h"

namespace sandbar::control::teams {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxOfUser = 100;
constexpr std::size_t kMaxBytes = 4096;  // more is refused before it is looked at

bool is_allowed(utf8proc_int32_t c) {
  if (c == ' ' || c == '_' || c == '-' || c == '@' || c == '\'') return true;
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return false;
  }
}

bool is_mark(utf8proc_int32_t c) {
  auto category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

// Composed; empty for text that is not UTF-8.
std::string composed(std::string_view text) {
  if (!is_utf8(text) || text.size() > kMaxBytes) return {};
  utf8proc_uint8_t* out = nullptr;
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                           static_cast<utf8proc_ssize_t>(text.size()), &out, kOptions);
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(out, std::free);
  if (size < 0) return {};
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

std::vector<utf8proc_int32_t> code_points(std::string_view text) {
  std::vector<utf8proc_int32_t> points;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    auto used = utf8proc_iterate(at, left, &point);
    if (used <= 0) break;
    points.push_back(point);
    at += used;
    left -= used;
  }
  return points;
}

std::string text_of(const std::vector<utf8proc_int32_t>& points) {
  std::string text;
  for (auto point : points) {
    utf8proc_uint8_t bytes[4];
    auto size = utf8proc_encode_char(point, bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  return text;
}

bool is_name(std::string_view text) {
  auto points = code_points(text);
  return !points.empty() && points.size() <= kMaxName && !is_mark(points.front()) &&
         std::ranges::all_of(points, is_allowed);
}

}  // namespace

Result<std::string> team_name(std::string_view text) {
  auto name = std::string(trim(composed(text)));
  if (is_name(name)) return name;
  constexpr auto kWhy = "must have 1 to 128 letters, digits, spaces or _ - @ '";
  return fail(invalid_request(std::string("name ") + kWhy, {{"name", kWhy}}));
}

std::string default_team_name(std::string_view user_name) {
  auto points = code_points(composed(user_name));
  std::erase_if(points, [](auto point) { return !is_allowed(point); });
  auto is_second_space = [](auto a, auto b) { return a == ' ' && b == ' '; };
  points.erase(std::unique(points.begin(), points.end(), is_second_space), points.end());
  if (points.size() > kMaxOfUser) points.resize(kMaxOfUser);
  auto kept = std::string(trim(text_of(points)));
  auto name = team_name(kept + "'s Team");
  return name && !kept.empty() ? *name : "My Team";
}

}  // namespace sandbar::control::teams
