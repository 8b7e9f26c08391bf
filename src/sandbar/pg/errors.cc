// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/errors.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "sandbar/base/strings.h"
#include "sandbar/pg/database.h"

namespace sandbar::pg {
namespace {

struct StateRow {
  std::string_view prefix;
  Errc code;
  std::string_view message;
};

// The first row whose prefix fits decides.
constexpr StateRow kStates[] = {
    {"23505", Errc::already_exists, "already exists"},
    {"23503", Errc::conflict, "something that this refers to, or that refers to this, has changed"},
    {"23514", Errc::invalid_request, "a value is out of its bounds"},
    {"22", Errc::invalid_request, "a value has the wrong form"},
    {"40001", Errc::conflict, "somebody else changed this at the same time"},
    {"40P01", Errc::conflict, "somebody else changed this at the same time"},
    {"55P03", Errc::conflict, "somebody else is changing this"},
    {"57014", Errc::deadline_exceeded, "the database took too long"},
    {"57P0", Errc::unavailable, "the database is not available"},
    {"08", Errc::unavailable, "the database is not available"},
    {"25006", Errc::unavailable, "the database is not available"},
    {"SB001", Errc::forbidden, "the team does not exist any more"},  // need_live_team() in the schema
    {"53", Errc::unavailable, "the database is overloaded"},
};

constexpr std::string_view kMark = "sqlstate ";

std::string_view after_mark(const Error& error) {
  std::string_view detail = error.detail;
  auto at = detail.find(kMark);
  return at == detail.npos ? std::string_view() : detail.substr(at + kMark.size());
}

std::string_view field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

}  // namespace

Error error_of_state(std::string_view sqlstate, std::string_view constraint, std::string_view message) {
  auto detail = fmt::format("{}{} ({}): {}", kMark, sqlstate, constraint, message);
  for (const auto& row : kStates)
    if (sqlstate.starts_with(row.prefix)) return {row.code, std::string(row.message), std::move(detail)};
  return internal_error(std::move(detail));
}

Error error_of_result(const pg_result* result) {
  auto message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = trim(PQresultErrorMessage(result));
  auto state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return connection_error(std::string(message));  // from libpq itself
  return error_of_state(state, field(result, PG_DIAG_CONSTRAINT_NAME), message);
}

Error connection_error(std::string detail) {
  return {Errc::unavailable, "the database is not available", std::move(detail)};
}

bool violates(const Error& error, std::string_view constraint) {
  auto rest = after_mark(error);
  return rest.starts_with("23") && rest.size() > 6 &&
         rest.substr(6).starts_with(fmt::format("({}):", constraint));
}

bool is_retryable(const Error& error) {
  auto state = after_mark(error).substr(0, 5);
  return state == "40001" || state == "40P01";
}

}  // namespace sandbar::pg
