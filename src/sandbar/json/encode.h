// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/json/decode.h"

// From a described struct to JSON text, written straight into a string. Absent optionals are left out; ids,
// times and enumerators are written as their wire text. Strings that are not UTF-8 are made so (each bad byte
// becomes U+FFFD).

namespace sandbar::json {

void append_string(std::string& out, std::string_view text);

template <class T>
void append(std::string& out, const T& value) {
  using namespace detail;
  if constexpr (is_optional<T>) {
    if (value) {
      append(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (is_defaulted<T>) {
    append(out, value.value);
  } else if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::integral<T> || std::floating_point<T>) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    append_string(out, value);
  } else if constexpr (std::same_as<T, bj::object> || std::same_as<T, bj::value> ||
                       std::same_as<T, bj::array>) {
    out += bj::serialize(value);
  } else if constexpr (is_id<T>) {
    append_string(out, value.str());
  } else if constexpr (std::same_as<T, Time>) {
    append_string(out, to_rfc3339(value));
  } else if constexpr (described_enum<T>) {
    append_string(out, enum_name(value));
  } else if constexpr (is_vector<T>) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i) out += ',';
      append(out, value[i]);
    }
    out += ']';
  } else if constexpr (is_map<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value) {
      if (!std::exchange(first, false)) out += ',';
      append_string(out, key);
      out += ':';
      append(out, item);
    }
    out += '}';
  } else {
    out += '{';
    bool first = true;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
      using Member = std::remove_cvref_t<decltype(value.*d.pointer)>;
      if constexpr (is_optional<Member>)
        if (!(value.*d.pointer)) return;
      if (!std::exchange(first, false)) out += ',';
      append_string(out, wire_name(d.name));
      out += ':';
      append(out, value.*d.pointer);
    });
    out += '}';
  }
}

template <class T>
std::string encode(const T& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace sandbar::json
