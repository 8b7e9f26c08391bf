// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/database.h"

namespace sandbar::pg {

Param to_param(std::string_view text) { return std::string(text); }
Param to_param(const char* text) { return std::string(text); }
Param to_param(const std::string& text) { return text; }
Param to_param(bool value) { return value ? "t" : "f"; }
Param to_param(std::int64_t value) { return fmt::format("{}", value); }
Param to_param(double value) { return fmt::format("{}", value); }
Param to_param(Time value) { return to_rfc3339(value); }
Param to_param(const Uuid& value) { return value.str(); }

Param array_param(const std::vector<Param>& elements) {
  std::string out = "{";
  for (const auto& element : elements) {
    if (out.size() > 1) out += ',';
    if (!element) {
      out += "NULL";
      continue;
    }
    out += '"';
    for (char c : *element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + '}';
}

}  // namespace sandbar::pg
