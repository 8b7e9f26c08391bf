// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"
#include "sandbar/base/result.h"

// What a statement answered. A row becomes a described struct by column name:
//   BOOST_DESCRIBE_STRUCT(Sandbox, (), (id, team_id, state, created_at))
//   CO_TRY(auto rows, co_await session.query(sql::get_sandbox, id, team));
//   co_return rows.one<Sandbox>("sandbox");
// A member without a column, or a NULL for a member that is not optional, is a bug and throws
// BrokenInvariant.

struct pg_result;

namespace sandbar::pg {

namespace detail {
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

void from_text(std::string_view text, std::string& out);
void from_text(std::string_view text, bool& out);
void from_text(std::string_view text, std::int64_t& out);
void from_text(std::string_view text, int& out);
void from_text(std::string_view text, double& out);
void from_text(std::string_view text, Time& out);  // timestamptz with the session's time zone set to UTC
void from_text(std::string_view text, Uuid& out);
void from_text(std::string_view text, boost::json::object& out);                 // jsonb
void from_text(std::string_view text, std::vector<std::string>& out);            // text[]
void from_text(std::string_view text, std::map<std::string, std::string>& out);  // jsonb with string values
template <IdPrefix P>
void from_text(std::string_view text, Id<P>& out) {
  Uuid uuid;
  from_text(text, uuid);
  out = Id<P>(uuid);
}
[[noreturn]] void bad_column(std::string_view column, std::string_view why);
template <class E>
  requires std::is_enum_v<E>
void from_text(std::string_view text, E& out) {
  auto value = enum_from_name<E>(text);
  if (!value) bad_column(text, "is not an enumerator");
  out = *value;
}
}  // namespace detail

class Row {
 public:
  Row(const pg_result* result, int index) : result_(result), index_(index) {}

  template <class T>
  T get(std::string_view column) const {
    T out{};
    read(column, out);
    return out;
  }
  template <class T>
  T as() const {
    T out{};
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto d) { read(d.name, out.*d.pointer); });
    return out;
  }

 private:
  std::optional<std::string_view> text(std::string_view column) const;  // throws if there is no such column
  template <class T>
  void read(std::string_view column, T& out) const {
    auto value = text(column);
    if constexpr (detail::is_optional<T>) {
      if (value) detail::from_text(*value, out.emplace());
    } else {
      if (!value) detail::bad_column(column, "is NULL");
      detail::from_text(*value, out);
    }
  }
  const pg_result* result_;
  int index_;
};

class Rows {
 public:
  explicit Rows(std::shared_ptr<pg_result> result) : result_(std::move(result)) {}
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::int64_t affected() const;     // rows that an UPDATE, INSERT or DELETE touched
  std::string_view command() const;  // "COMMIT", "UPDATE 3"
  Row operator[](std::size_t index) const { return {result_.get(), static_cast<int>(index)}; }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> out;
    for (std::size_t i = 0; i < size(); ++i) out.push_back((*this)[i].template as<T>());
    return out;
  }
  template <class T>
  std::optional<T> maybe() const {
    if (empty()) return std::nullopt;
    return (*this)[0].template as<T>();
  }
  // not_found("<what> not found") for no row.
  template <class T>
  Result<T> one(std::string_view what) const {
    if (empty()) return fail(Error{Errc::not_found, std::string(what) + " not found"});
    return (*this)[0].template as<T>();
  }

 private:
  std::shared_ptr<pg_result> result_;
};

}  // namespace sandbar::pg
