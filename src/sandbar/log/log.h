// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "sandbar/base/error.h"

// One line per fact, on standard error: time, level, a constant lower-case message, then key=value fields.
//   log::info("sandbox started", {{"sandbox", id}, {"ms", elapsed}});
// Data goes into fields, never into the message. Control characters are escaped, so a hostile value cannot
// forge a line. Secrets are of type Secret, which prints "***".

namespace sandbar::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view key;
  std::string value;

  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};

using Fields = std::initializer_list<Field>;

void set_level(Level level);
Level level();
void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
  if (level() == Level::debug) write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::warn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

// "agent_error: the agent refused (connect: refused)": code, client message, log detail.
std::string describe(const Error& error);

}  // namespace sandbar::log

template <>
struct fmt::formatter<sandbar::Error> : fmt::formatter<std::string_view> {
  auto format(const sandbar::Error& error, fmt::format_context& ctx) const {
    return fmt::formatter<std::string_view>::format(sandbar::log::describe(error), ctx);
  }
};
