// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace sandbar {
namespace {

constexpr std::string_view kPrefix = "SANDBAR_";
constexpr std::string_view kTestPrefix =
    "SANDBAR_TEST_";  // of test programs, in whose environment ours may start

Error bad_line(std::size_t number, std::string_view why) {
  return invalid_request(fmt::format(".env line {} {}", number, why));
}

Result<std::string> unquote(std::string_view text, std::size_t number) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    auto comment = text.find(" #");
    return std::string(trim(text.substr(0, comment)));
  }
  auto end = text.find(text.front(), 1);
  if (end == text.npos) return fail(bad_line(number, "has no closing quote"));
  return std::string(text.substr(1, end - 1));
}

}  // namespace

Result<Environment> parse_env_file(std::string_view text) {
  Environment out;
  std::size_t number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    auto equals = line.find('=');
    if (equals == line.npos || equals == 0) return fail(bad_line(number, "is not NAME=value"));
    TRY(auto value, unquote(trim(line.substr(equals + 1)), number));
    out.insert_or_assign(std::string(trim(line.substr(0, equals))), std::move(value));
  }
  return out;
}

Result<Environment> read_environment() {
  Environment out;
  if (std::ifstream file(".env"); file) {
    std::string text(std::istreambuf_iterator<char>(file), {});
    TRY(out, parse_env_file(text));
  }
  for (char** entry = environ; *entry; ++entry) {
    std::string_view pair(*entry);
    auto equals = pair.find('=');
    if (equals != pair.npos)
      out.insert_or_assign(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
  }
  return out;
}

namespace detail {

Error bad_setting(std::string_view name, std::string_view why) {
  return invalid_request(fmt::format("{} {}", name, why));
}

Result<void> check_names(const Environment& environment, const std::vector<std::string_view>& known) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix) || name.starts_with(kTestPrefix)) continue;
    if (std::ranges::find(known, name) == known.end())
      return fail(bad_setting(name, "is not a setting of this program (see --print-config)"));
  }
  return {};
}

std::string setting_line(std::string_view name, std::string_view value, std::string_view help) {
  return fmt::format("# {}\n{}={}\n\n", help, name, value);
}

Result<void> read_setting(const std::string& text, bool& out) {
  if (text != "true" && text != "false") return fail(invalid_request("must be true or false"));
  out = text == "true";
  return {};
}

Result<void> read_setting(const std::string& text, std::vector<std::string>& out) {
  out.clear();
  for (auto piece : split(text, ','))
    if (auto item = trim(piece); !item.empty()) out.emplace_back(item);
  return {};
}

Result<void> read_setting(const std::string& text, std::chrono::milliseconds& out) {
  TRY(out, parse_duration(text));
  return {};
}

Result<void> read_setting(const std::string& text, std::int64_t& out) {
  auto number = parse_int(text);
  if (!number) return fail(invalid_request("must be a whole number"));
  out = *number;
  return {};
}

}  // namespace detail
}  // namespace sandbar
