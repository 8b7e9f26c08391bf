// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/clock.h"

// What people and scripts read. Results go to standard output, everything said about them to standard error.
// Colours only on a terminal and without NO_COLOR; with --json exactly one JSON document goes to standard
// output.

namespace sandbar::cli {

enum class Tone { plain, good, warn, bad, faint, bold };

// Escape sequences around `text`, when that stream is a terminal that shows them.
std::string toned(Tone tone, std::string_view text, int fd);

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

// Columns as wide as their widest cell; control characters of cells are escaped.
std::string render(const Table& table);
// Name and value lines: "status      running".
std::string render_fields(const std::vector<std::pair<std::string, std::string>>& fields);
std::string render_json(const boost::json::value& value);

void print(std::string_view text);  // standard output, as is
void print_line(std::string_view text);
void note(std::string_view text);  // a line on standard error

// Control characters (but not other letters) as \xNN, so that no name can steer the terminal.
std::string printable(std::string_view text);
Tone tone_of_status(std::string_view status);

std::string human_size(std::uint64_t bytes);                // "1.5 GiB"
std::string human_time(std::int64_t seconds);               // "3m 20s"
std::string human_age(std::string_view rfc3339, Time now);  // "4m ago"; empty for an empty time

}  // namespace sandbar::cli
