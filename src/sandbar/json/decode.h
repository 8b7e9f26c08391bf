// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"
#include "sandbar/base/result.h"
#include "sandbar/base/strings.h"

// From JSON text to a described struct (BOOST_DESCRIBE_STRUCT), naming every field that is wrong:
//   struct CreateRequest { std::string template_name; int vcpus = 1; std::optional<int> timeout_s; };
// A member without initialiser that is a plain string, id or described struct is required unless optional or
// Defaulted; everything else keeps its initialiser when absent. `null` means absent for optionals. Unknown
// fields are ignored (REQUIREMENTS section 1). Nesting is bounded by Boost.JSON (32) and by the caller's
// limit on the text's size.

namespace sandbar::json {

namespace bj = boost::json;

// A string or struct member that may be absent: it keeps its default.
template <class T>
struct Defaulted {
  T value{};
  operator const T&() const { return value; }  // NOLINT: stands for its value
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_defaulted = false;
template <class T>
inline constexpr bool is_defaulted<Defaulted<T>> = true;
template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value;
template <class T>
concept described_enum = boost::describe::has_describe_enumerators<T>::value;
template <class T>
inline constexpr bool is_required = std::same_as<T, std::string> || is_id<T> || described_struct<T>;

// A member whose key is a word of C++ carries one trailing underscore: `template_` is "template" on the wire.
constexpr std::string_view wire_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}

struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  std::string str() const {
    if (!parent || parent->str().empty()) return std::string(name);
    return parent->str() + "." + std::string(name);
  }
};

inline bool wrong(const Path& path, std::vector<Problem>& problems, std::string what) {
  problems.push_back({path.str(), std::move(what)});
  return false;
}

template <class T>
bool read(const bj::value& in, T& out, const Path& path, std::vector<Problem>& problems);

template <described_struct T>
bool read_struct(const bj::value& in, T& out, const Path& path, std::vector<Problem>& problems) {
  const auto* object = in.if_object();
  if (!object) return wrong(path, problems, "must be an object");
  auto before = problems.size();
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    using Member = std::remove_reference_t<decltype(out.*d.pointer)>;
    Path at{&path, wire_name(d.name)};
    const auto* value = object->if_contains(at.name);
    if (!value) {
      if constexpr (is_required<Member>) wrong(at, problems, "is required");
      return;
    }
    read(*value, out.*d.pointer, at, problems);
  });
  return problems.size() == before;
}

template <std::integral T>
bool read_integer(const bj::value& in, T& out, const Path& path, std::vector<Problem>& problems) {
  std::int64_t number = 0;
  if (in.is_int64()) {
    number = in.get_int64();
  } else if (in.is_uint64() && in.get_uint64() <= std::numeric_limits<std::int64_t>::max()) {
    number = static_cast<std::int64_t>(in.get_uint64());
  } else {
    return wrong(path, problems, "must be a whole number");
  }
  if (!std::in_range<T>(number)) return wrong(path, problems, "is out of range");
  out = static_cast<T>(number);
  return true;
}

template <class T>
bool read(const bj::value& in, T& out, const Path& path, std::vector<Problem>& problems) {
  if constexpr (is_optional<T>) {
    if (in.is_null()) return true;
    return read(in, out.emplace(), path, problems);
  } else if constexpr (is_defaulted<T>) {
    if (in.is_null()) return true;
    return read(in, out.value, path, problems);
  } else if constexpr (std::same_as<T, bool>) {
    if (!in.is_bool()) return wrong(path, problems, "must be true or false");
    out = in.get_bool();
    return true;
  } else if constexpr (std::integral<T>) {
    return read_integer(in, out, path, problems);
  } else if constexpr (std::floating_point<T>) {
    if (!in.is_number()) return wrong(path, problems, "must be a number");
    out = in.to_number<T>();
    return true;
  } else if constexpr (std::same_as<T, std::string>) {
    if (!in.is_string()) return wrong(path, problems, "must be a string");
    out = std::string(std::string_view(in.get_string()));
    return true;
  } else if constexpr (std::same_as<T, bj::object>) {
    if (!in.is_object()) return wrong(path, problems, "must be an object");
    out = in.get_object();
    return true;
  } else if constexpr (std::same_as<T, bj::value>) {
    out = in;
    return true;
  } else if constexpr (is_id<T>) {
    if (!in.is_string()) return wrong(path, problems, "must be a string");
    auto id = T::parse(std::string_view(in.get_string()));
    if (!id) return wrong(path, problems, id.error().message);
    out = *id;
    return true;
  } else if constexpr (std::same_as<T, Time>) {
    if (!in.is_string()) return wrong(path, problems, "must be a string");
    auto time = parse_rfc3339(std::string_view(in.get_string()));
    if (!time) return wrong(path, problems, time.error().message);
    out = *time;
    return true;
  } else if constexpr (described_enum<T>) {
    auto value = in.is_string() ? enum_from_name<T>(std::string_view(in.get_string())) : std::nullopt;
    if (!value) return wrong(path, problems, "is not one of the allowed values");
    out = *value;
    return true;
  } else if constexpr (is_vector<T>) {
    if (!in.is_array()) return wrong(path, problems, "must be a list");
    bool ok = true;
    for (const auto& item : in.get_array()) ok = read(item, out.emplace_back(), path, problems) && ok;
    return ok;
  } else if constexpr (is_map<T>) {
    if (!in.is_object()) return wrong(path, problems, "must be an object");
    bool ok = true;
    for (const auto& [key, value] : in.get_object())
      ok = read(value, out[std::string(std::string_view(key))], Path{&path, key}, problems) && ok;
    return ok;
  } else {
    return read_struct(in, out, path, problems);
  }
}

}  // namespace detail

// Parsed text, or invalid_request. Accepts exactly one JSON value; invalid UTF-8 is refused.
Result<bj::value> parse(std::string_view text);

template <class T>
Result<T> decode(const bj::value& value) {
  T out{};
  std::vector<Problem> problems;
  if (detail::read(value, out, detail::Path{}, problems)) return out;
  auto message = problems.front().field.empty() ? "the body " + problems.front().what
                                                : problems.front().field + " " + problems.front().what;
  return fail(invalid_request(std::move(message), std::move(problems)));
}

template <class T>
Result<T> decode_text(std::string_view text) {
  auto value = parse(text);
  if (!value) return fail(std::move(value).error());
  return decode<T>(*value);
}

}  // namespace sandbar::json
