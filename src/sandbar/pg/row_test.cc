// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <libpq-fe.h>

#include "sandbar/base/check.h"
#include "sandbar/pg/database.h"
#include "sandbar/pg/errors.h"

using namespace sandbar;
using namespace sandbar::pg;

namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Thing {
  TeamId id;
  std::string name;
  std::optional<int> count;
  bool live = false;
  Colour colour = Colour::red;
  Time at;
  std::vector<std::string> tags;
  std::map<std::string, std::string> metadata;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name, count, live, colour, at, tags, metadata))

// An answer as a server would send it, without a server. nullptr is NULL.
Rows rows_of(std::vector<const char*> columns, std::vector<const char*> values) {
  std::shared_ptr<pg_result> result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK), PQclear);
  std::vector<PGresAttDesc> attributes;
  for (const char* name : columns) attributes.push_back({.name = const_cast<char*>(name)});
  PQsetResultAttrs(result.get(), static_cast<int>(attributes.size()), attributes.data());
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    auto* text = const_cast<char*>(values[i]);
    PQsetvalue(result.get(), 0, i, text, text ? static_cast<int>(std::string_view(text).size()) : -1);
  }
  return Rows(std::move(result));
}

const std::vector<const char*> kColumns = {"name", "id", "count", "live", "colour", "at", "tags", "metadata"};

}  // namespace

TEST_CASE("a row becomes a described struct by column name") {
  auto rows = rows_of(kColumns, {"n", "00000000-0000-4000-8000-000000000001", nullptr, "t", "green",
                                 "2026-03-01 12:00:00.25+00", R"({a,"b \"c\"","d,e"})", R"({"k":"v"})"});
  auto thing = rows.one<Thing>("thing");
  REQUIRE(thing);
  CHECK(thing->name == "n");
  CHECK(thing->id.str() == "team-00000000-0000-4000-8000-000000000001");
  CHECK(!thing->count);
  CHECK(thing->live);
  CHECK(thing->colour == Colour::green);
  CHECK(to_rfc3339(thing->at) == "2026-03-01T12:00:00.250000Z");
  CHECK(thing->tags == std::vector<std::string>{"a", "b \"c\"", "d,e"});
  CHECK(thing->metadata.at("k") == "v");
}

TEST_CASE("no row is not_found, a missing column or an unexpected NULL is a bug") {
  CHECK(rows_of({"name"}, {}).one<Thing>("thing").error().message == "thing not found");
  auto rows = rows_of({"name", "live"}, {nullptr, "maybe"});
  auto row = rows[0];
  CHECK_THROWS_AS(row.get<std::string>("name"), BrokenInvariant);
  CHECK_THROWS_AS(row.get<std::string>("other"), BrokenInvariant);
  CHECK_THROWS_AS(row.get<bool>("live"), BrokenInvariant);
  CHECK(!row.get<std::optional<std::string>>("name"));
}

TEST_CASE("arrays keep quotes, backslashes, commas and NULL") {
  CHECK(*to_param(std::vector<std::string>{"a", "b\"c", "d\\e", "f,g", ""}) ==
        R"({"a","b\"c","d\\e","f,g",""})");
  CHECK(*to_param(std::vector<int>{}) == "{}");
  CHECK(*array_param({std::nullopt, "NULL"}) == R"({NULL,"NULL"})");
  CHECK(*to_param(std::vector{Colour::green}) == R"({"green"})");
}

TEST_CASE("SQLSTATE decides the code, and constraints can be told apart whatever the message says") {
  auto code = [](std::string_view state) { return error_of_state(state, "", "").code; };
  CHECK(code("23505") == Errc::already_exists);
  CHECK(code("23503") == Errc::conflict);
  CHECK(code("23514") == Errc::invalid_request);
  CHECK(code("22P02") == Errc::invalid_request);
  CHECK(code("57014") == Errc::deadline_exceeded);
  CHECK(code("57P01") == Errc::unavailable);
  CHECK(code("08006") == Errc::unavailable);
  CHECK(code("42601") == Errc::internal_error);
  CHECK(is_retryable(error_of_state("40001", "", "")));
  CHECK(is_retryable(error_of_state("40P01", "", "").with_context("moving money")));
  auto error = error_of_state("23505", "users_email_key", "sqlstate 40001 (teams_slug_key): forged")
                   .with_context("signup");
  CHECK(violates(error, "users_email_key"));
  CHECK(!violates(error, "teams_slug_key"));
  CHECK(!violates(error, "users_email"));
  CHECK(!is_retryable(error));
}
