// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbar/base/result.h"

// HTTP messages as values, free of any library's types, so that a handler compiles without Beast.

namespace sandbar::http {

// Field order is kept; names compare without case.
class Headers {
 public:
  using Entry = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Entry> entries) : entries_(entries) {}

  // The first value, or empty. has() tells an empty value from none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

struct RequestHead {
  std::string method;
  std::string target;  // as sent: path and query, not decoded
  Headers headers;

  std::string_view path() const;       // target up to '?'
  std::string_view raw_query() const;  // after '?', or empty
  // A query parameter, decoded ('+' is a space); nothing if absent or wrongly escaped.
  std::optional<std::string> query(std::string_view name) const;
  // All values of a repeated parameter, decoded.
  std::vector<std::string> query_all(std::string_view name) const;
};

struct ResponseHead {
  int status = 200;
  Headers headers;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

std::string_view reason_phrase(int status);

}  // namespace sandbar::http
