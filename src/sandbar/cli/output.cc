// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "sandbar/base/strings.h"
#include "sandbar/json/encode.h"

namespace sandbar::cli {
namespace {

bool shows_colour(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && !(no_color && *no_color) && !(term && std::string_view(term) == "dumb");
}

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "\x1b[32m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::faint:
      return "\x1b[2m";
    case Tone::bold:
      return "\x1b[1m";
    case Tone::plain:
      break;
  }
  return "";
}

std::string padded(std::string_view text, std::size_t width) {
  auto length = count_code_points(text);
  return std::string(text) + std::string(width > length ? width - length : 0, ' ');
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths(table.header.size());
  auto widen = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], count_code_points(printable(row[i])));
  };
  widen(table.header);
  for (const auto& row : table.rows) widen(row);
  return widths;
}

// The last cell is not padded, so that no line ends in spaces. A status is coloured by its meaning.
std::string render_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                       Tone tone) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto cell = printable(row[i]);
    auto text = i + 1 < row.size() ? padded(cell, widths[i]) + "  " : cell;
    out += toned(tone == Tone::plain ? tone_of_status(cell) : tone, text, STDOUT_FILENO);
  }
  return out + "\n";
}

void append_json(std::string& out, const boost::json::value& value, std::size_t depth);

template <class Items, class Each>
void append_items(std::string& out, const Items& items, char open, char close, std::size_t depth, Each each) {
  out += open;
  bool first = true;
  for (const auto& item : items) {
    out += std::exchange(first, false) ? "\n" : ",\n";
    out.append(2 * (depth + 1), ' ');
    each(item);
  }
  if (!first) out += "\n" + std::string(2 * depth, ' ');
  out += close;
}

void append_json(std::string& out, const boost::json::value& value, std::size_t depth) {
  if (const auto* object = value.if_object()) {
    append_items(out, *object, '{', '}', depth, [&](const auto& member) {
      json::append_string(out, member.key());
      out += ": ";
      append_json(out, member.value(), depth + 1);
    });
  } else if (const auto* array = value.if_array()) {
    append_items(out, *array, '[', ']', depth, [&](const auto& item) { append_json(out, item, depth + 1); });
  } else {
    out += boost::json::serialize(value);
  }
}

void write_to(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

std::string toned(Tone tone, std::string_view text, int fd) {
  if (tone == Tone::plain || !shows_colour(fd)) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape_of(tone), text);
}

std::string render(const Table& table) {
  auto widths = widths_of(table);
  auto out = render_row(table.header, widths, Tone::bold);
  for (const auto& row : table.rows) out += render_row(row, widths, Tone::plain);
  return out;
}

std::string render_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, count_code_points(name));
  std::string out;
  for (const auto& [name, value] : fields) {
    auto cell = printable(value);
    out += toned(Tone::faint, padded(name, width), STDOUT_FILENO) + "  " +
           toned(tone_of_status(cell), cell, STDOUT_FILENO) + "\n";
  }
  return out;
}

std::string render_json(const boost::json::value& value) {
  std::string out;
  append_json(out, value, 0);
  return out + "\n";
}

void print(std::string_view text) { write_to(stdout, text); }
void print_line(std::string_view text) { print(std::string(text) + "\n"); }
void note(std::string_view text) { write_to(stderr, std::string(text) + "\n"); }

std::string printable(std::string_view text) {
  std::string out;
  for (char c : is_utf8(text) ? std::string(text) : to_valid_utf8(text)) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

Tone tone_of_status(std::string_view status) {
  constexpr std::array good{"running", "online", "ready", "success"};
  constexpr std::array warn{"pausing",  "resuming", "pending",     "starting",
                            "stopping", "missing",  "unreachable", "warning"};
  if (std::ranges::find(good, status) != good.end()) return Tone::good;
  if (std::ranges::find(warn, status) != warn.end()) return Tone::warn;
  if (status == "error") return Tone::bad;
  return Tone::plain;
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string human_time(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600)
    return seconds % 60 ? fmt::format("{}m {}s", seconds / 60, seconds % 60)
                        : fmt::format("{}m", seconds / 60);
  if (seconds < 86400)
    return seconds / 60 % 60 ? fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60)
                             : fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::string human_age(std::string_view rfc3339, Time now) {
  if (rfc3339.empty()) return "";
  auto time = parse_rfc3339(rfc3339);
  if (!time) return std::string(rfc3339);
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - *time).count();
  if (seconds < 1) return "just now";
  auto text = human_time(seconds);
  return text.substr(0, text.find(' ')) + " ago";
}

}  // namespace sandbar::cli
