// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/row.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>

#include "sandbar/base/check.h"
#include "sandbar/base/strings.h"

namespace sandbar::pg {
namespace detail {
namespace {

[[noreturn]] void bad_value(std::string_view text, std::string_view kind) {
  throw BrokenInvariant(fmt::format("'{}' from the database is not {}", text.substr(0, 100), kind));
}

template <class T>
T number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) bad_value(text, "a number in range");
  return value;
}

}  // namespace

void bad_column(std::string_view column, std::string_view why) {
  throw BrokenInvariant(fmt::format("column '{}' {}", column, why));
}

void from_text(std::string_view text, std::string& out) { out = text; }

void from_text(std::string_view text, bool& out) {
  if (text != "t" && text != "f") bad_value(text, "a boolean");
  out = text == "t";
}

void from_text(std::string_view text, std::int64_t& out) { out = number<std::int64_t>(text); }
void from_text(std::string_view text, int& out) { out = number<int>(text); }
void from_text(std::string_view text, double& out) { out = number<double>(text); }

void from_text(std::string_view text, Time& out) {
  // "2026-03-01 12:00:00.25+00": every connection has its time zone set to UTC.
  if (!text.ends_with("+00")) bad_value(text, "a time in UTC");
  auto time = parse_rfc3339(std::string(text) + ":00");
  if (!time) bad_value(text, "a time");
  out = *time;
}

void from_text(std::string_view text, Uuid& out) {
  auto uuid = Uuid::parse(text);
  if (!uuid) bad_value(text, "a UUID");
  out = *uuid;
}

void from_text(std::string_view text, boost::json::object& out) {
  boost::system::error_code error;
  auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) bad_value(text, "a JSON object");
  out = std::move(value.as_object());
}

void from_text(std::string_view text, std::map<std::string, std::string>& out) {
  boost::json::object object;
  from_text(text, object);
  out.clear();
  for (const auto& [key, value] : object) {
    if (!value.is_string()) bad_value(text, "an object of strings");
    out.emplace(key, std::string_view(value.get_string()));
  }
}

void from_text(std::string_view text, std::vector<std::string>& out) {
  out.clear();
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') bad_value(text, "an array");
  auto rest = text.substr(1, text.size() - 2);
  while (!rest.empty()) {
    auto& element = out.emplace_back();
    bool quoted = rest.front() == '"';
    std::size_t i = quoted ? 1 : 0;
    for (; i < rest.size() && rest[i] != (quoted ? '"' : ','); ++i) {
      if (rest[i] == '\\') ++i;
      if (i < rest.size()) element += rest[i];
    }
    if (!quoted && element == "NULL") bad_value(text, "an array without NULL");
    if (quoted) ++i;
    rest.remove_prefix(std::min(i + 1, rest.size()));
  }
}

}  // namespace detail

std::optional<std::string_view> Row::text(std::string_view column) const {
  int columns = PQnfields(result_);
  for (int i = 0; i < columns; ++i) {
    if (column != PQfname(result_, i)) continue;
    if (PQgetisnull(result_, index_, i)) return std::nullopt;
    return std::string_view(PQgetvalue(result_, index_, i),
                            static_cast<std::size_t>(PQgetlength(result_, index_, i)));
  }
  detail::bad_column(column, "is not part of the answer");
}

std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::int64_t Rows::affected() const { return parse_int(PQcmdTuples(result_.get())).value_or(0); }

std::string_view Rows::command() const { return PQcmdStatus(result_.get()); }

}  // namespace sandbar::pg
