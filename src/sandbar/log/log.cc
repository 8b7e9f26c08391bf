// SPDX-License-Identifier: Apache-2.0
#include "sandbar/log/log.h"

#include <unistd.h>

#include <atomic>

#include "sandbar/base/clock.h"

namespace sandbar::log {
namespace {

std::atomic<Level> current_level{Level::info};

constexpr std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "?";
}

bool is_plain(std::string_view value) {
  for (unsigned char c : value)
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return false;
  return !value.empty();
}

void append_quoted(std::string& line, std::string_view value) {
  line += '"';
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < ' ' || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level level) { current_level = level; }
Level level() { return current_level; }

void write(Level level, std::string_view message, Fields fields) {
  if (level < current_level) return;
  auto line = fmt::format("{} {:5} {}", to_rfc3339(SystemClock{}.now()), name_of(level), message);
  for (const auto& field : fields) {
    line += fmt::format(" {}=", field.key);
    if (is_plain(field.value)) {
      line += field.value;
    } else {
      append_quoted(line, field.value);
    }
  }
  line += '\n';
  // One write(2) per line keeps lines of several threads and processes apart; a full disk must not stop us.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string describe(const Error& error) {
  auto text = fmt::format("{}: {}", info_of(error.code).name, error.message);
  if (!error.detail.empty()) text += fmt::format(" ({})", error.detail);
  return text;
}

}  // namespace sandbar::log
