// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sandbar/base/enum_name.h"
#include "sandbar/base/secret.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"

// A program's settings as a table: one row each, from which they are read, checked, printed and documented.
//   constexpr Setting<Config> kSettings[] = {
//       setting<&Config::listen>("SANDBAR_LISTEN", "127.0.0.1:8080", "address the API listens on"),
//   };
//   TRY(auto config, read_settings<Config>(kSettings, environment));
// Values are text, whole numbers, true/false, enumerators, comma-separated lists, Secrets, and durations with
// a unit
// ("30s"). A variable with our prefix that no row names is an error, so that a typing mistake does not go
// unnoticed.

namespace sandbar {

using Environment = std::map<std::string, std::string>;

// The process's environment over the file ".env" in the working directory, which may be missing.
Result<Environment> read_environment();
// NAME=value lines: comments, blank lines, `export`, single and double quotes.
Result<Environment> parse_env_file(std::string_view text);

template <class Config>
struct Setting {
  std::string_view name, fallback, help;
  bool secret;
  Result<void> (*read)(Config& config, const std::string& text);
};

namespace detail {

Error bad_setting(std::string_view name, std::string_view why);
Result<void> check_names(const Environment& environment, const std::vector<std::string_view>& known);
std::string setting_line(std::string_view name, std::string_view value, std::string_view help);

inline Result<void> read_setting(const std::string& text, std::string& out) {
  return out = text, Result<void>{};
}
inline Result<void> read_setting(const std::string& text, Secret& out) {
  return out = Secret(text), Result<void>{};
}
Result<void> read_setting(const std::string& text, bool& out);
Result<void> read_setting(const std::string& text, std::vector<std::string>& out);
Result<void> read_setting(const std::string& text, std::chrono::milliseconds& out);
Result<void> read_setting(const std::string& text, std::int64_t& out);
template <class T>
  requires std::is_integral_v<T>
Result<void> read_setting(const std::string& text, T& out) {
  std::int64_t number = 0;
  TRY_VOID(read_setting(text, number));
  if (!std::in_range<T>(number)) return fail(invalid_request("is out of range"));
  return out = static_cast<T>(number), Result<void>{};
}
template <class E>
  requires std::is_enum_v<E>
Result<void> read_setting(const std::string& text, E& out) {
  auto value = enum_from_name<E>(text);
  if (!value) return fail(invalid_request("is not one of the allowed values"));
  return out = *value, Result<void>{};
}

template <class T>
struct MemberOf;
template <class C, class T>
struct MemberOf<T C::*> {
  using Owner = C;
  using Type = T;
};

}  // namespace detail

template <auto Member>
constexpr auto setting(std::string_view name, std::string_view fallback, std::string_view help) {
  using Of = detail::MemberOf<decltype(Member)>;
  using Config = typename Of::Owner;
  auto read = [](Config& config, const std::string& text) {
    return detail::read_setting(text, config.*Member);
  };
  return Setting<Config>{name, fallback, help, std::is_same_v<typename Of::Type, Secret>, read};
}

template <class Config>
Result<Config> read_settings(std::type_identity_t<std::span<const Setting<Config>>> table,
                             const Environment& environment) {
  std::vector<std::string_view> known;
  for (const auto& row : table) known.push_back(row.name);
  TRY_VOID(detail::check_names(environment, known));
  Config config;
  for (const auto& row : table) {
    auto it = environment.find(std::string(row.name));
    auto read = row.read(config, it == environment.end() ? std::string(row.fallback) : it->second);
    if (!read) return fail(detail::bad_setting(row.name, read.error().message));
  }
  return config;
}

// For --print-config: each setting with the value in force ("***" for a secret) and its help.
template <class Config>
std::string print_settings(std::type_identity_t<std::span<const Setting<Config>>> table,
                           const Environment& environment) {
  std::string out;
  for (const auto& row : table) {
    auto it = environment.find(std::string(row.name));
    std::string value = it == environment.end() ? std::string(row.fallback) : it->second;
    if (row.secret && !value.empty()) value = "***";
    out += detail::setting_line(row.name, value, row.help);
  }
  return out;
}

}  // namespace sandbar
