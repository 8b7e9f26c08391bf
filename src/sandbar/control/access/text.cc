// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/text.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "sandbar/base/strings.h"

namespace sandbar::control::access {
namespace {

struct CodePoint {
  std::size_t at, size;
  utf8proc_category_t category;
};

// The text must be UTF-8.
std::vector<CodePoint> code_points(std::string_view text) {
  std::vector<CodePoint> out;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t value = 0;
    auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                 static_cast<utf8proc_ssize_t>(text.size() - at), &value);
    if (size <= 0) break;
    out.push_back({at, static_cast<std::size_t>(size), utf8proc_category(value)});
    at += static_cast<std::size_t>(size);
  }
  return out;
}

bool is_space(const CodePoint& point, std::string_view text) {
  return point.category == UTF8PROC_CATEGORY_ZS || point.category == UTF8PROC_CATEGORY_ZL ||
         point.category == UTF8PROC_CATEGORY_ZP ||
         (point.size == 1 && trim(text.substr(point.at, 1)).empty());
}

bool is_allowed(utf8proc_category_t category) {
  return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CS &&
         category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_ZL &&
         category != UTF8PROC_CATEGORY_ZP;
}

std::string composed(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                           static_cast<utf8proc_ssize_t>(text.size()), &out,
                           static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) return std::string(text);
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(out, std::free);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

}  // namespace

std::string normal_text(std::string_view text) {
  if (!is_utf8(text)) return std::string(text);
  auto out = composed(text);
  auto points = code_points(out);
  std::size_t first = 0, last = points.size();
  while (first < last && is_space(points[first], out)) ++first;
  while (last > first && is_space(points[last - 1], out)) --last;
  if (first == last) return {};
  auto end = points[last - 1].at + points[last - 1].size;
  return out.substr(points[first].at, end - points[first].at);
}

bool is_plain_text(std::string_view text, std::size_t max) {
  if (!is_utf8(text)) return false;
  auto points = code_points(text);
  if (points.size() > max) return false;
  bool is_visible = false;
  for (const auto& point : points) {
    if (!is_allowed(point.category)) return false;
    is_visible = is_visible || (point.category != UTF8PROC_CATEGORY_CF && !is_space(point, text));
  }
  return is_visible;
}

std::string shortened(std::string_view text, std::size_t max) {
  auto points = code_points(text);
  return std::string(points.size() <= max ? text : text.substr(0, points[max].at));
}

}  // namespace sandbar::control::access
