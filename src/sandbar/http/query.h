// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/try.h"
#include "sandbar/http/message.h"
#include "sandbar/json/decode.h"

// A described struct read from a request's query, each wrong field named:
//   struct ListQuery { std::optional<SandboxState> status; int limit = 50; std::optional<std::string> cursor;
//   }; Task<Result<Page<SandboxView>>> list(SandboxService&, Call&, Query<ListQuery> query);
// Members keep their initialiser when absent; a std::string (not optional, not Defaulted) and an id are
// required. A std::vector takes repeated and comma-separated values alike and drops blank ones. A bool is
// true for "true" only.

namespace sandbar::http {

namespace detail {

// The query's parameters, decoded once.
class Parameters {
 public:
  explicit Parameters(std::string_view raw_query);
  const std::string* find(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// nothing, or what is wrong with it
using Complaint = std::optional<std::string>;

template <class T>
Complaint read_text(const std::string& text, T& out) {
  if constexpr (json::detail::is_optional<T>) {
    return read_text(text, out.emplace());
  } else if constexpr (json::detail::is_defaulted<T>) {
    return read_text(text, out.value);
  } else if constexpr (std::same_as<T, std::string>) {
    if (!is_utf8(text)) return "must be UTF-8";
    out = text;
  } else if constexpr (std::same_as<T, bool>) {
    out = text == "true";
  } else if constexpr (std::integral<T>) {
    auto number = parse_int(text);
    if (!number) return "must be a whole number";
    if (!std::in_range<T>(*number)) return "is out of range";
    out = static_cast<T>(*number);
  } else if constexpr (is_id<T>) {
    auto id = T::parse(text);
    if (!id) return id.error().message;
    out = *id;
  } else if constexpr (std::same_as<T, Time>) {
    auto time = parse_rfc3339(text);
    if (!time) return time.error().message;
    out = *time;
  } else {
    auto value = enum_from_name<T>(text);
    if (!value) return "is not one of the allowed values";
    out = *value;
  }
  return std::nullopt;
}

template <class T>
Complaint read_list(const std::vector<std::string>& texts, std::vector<T>& out) {
  for (const auto& text : texts)
    if (auto wrong = read_text(text, out.emplace_back())) return wrong;
  return std::nullopt;
}

template <class T>
Complaint read_parameter(const Parameters& parameters, std::string_view name, T& out) {
  if constexpr (json::detail::is_vector<T>) {
    return read_list(parameters.list(name), out);
  } else {
    const auto* text = parameters.find(name);
    if (text) return read_text(*text, out);
    if constexpr (json::detail::is_required<T>) return "is required";
    return std::nullopt;
  }
}

}  // namespace detail

template <class T>
class Query {
 public:
  using Value = T;
  Query() = default;
  explicit Query(T value) : value_(std::move(value)) {}
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

  static Result<Query> read(const RequestHead& request) {
    Query query;
    detail::Parameters parameters(request.raw_query());
    std::vector<Problem> problems;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
      auto name = json::detail::wire_name(d.name);
      auto wrong = detail::read_parameter(parameters, name, query.value_.*d.pointer);
      if (wrong) problems.push_back({std::string(name), *std::move(wrong)});
    });
    if (problems.empty()) return query;
    auto message = problems.front().field + " " + problems.front().what;
    return fail(invalid_request(std::move(message), std::move(problems)));
  }

 private:
  T value_{};
};

}  // namespace sandbar::http
