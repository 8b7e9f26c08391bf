// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/pg/row.h"
#include "sandbar/pg/statement.h"

// PostgreSQL without blocking. A Database belongs to one executor (one thread) and has two lanes: a pipelined
// connection for single autocommit statements (many in flight), and a small pool for transactions and slow
// queries, because a slow query would hold up the pipeline. Lost connections are made anew; a statement that
// was in flight then fails with Errc::unavailable and is not repeated, since nobody knows whether it ran.

namespace sandbar::pg {

// One parameter in text form; nothing is NULL.
using Param = std::optional<std::string>;

Param to_param(std::string_view text);
Param to_param(const char* text);
Param to_param(const std::string& text);
Param to_param(bool value);
Param to_param(std::int64_t value);
inline Param to_param(int value) { return to_param(static_cast<std::int64_t>(value)); }
Param to_param(double value);
Param to_param(Time value);
Param to_param(const Uuid& value);
template <IdPrefix P>
Param to_param(const Id<P>& id) {
  return to_param(id.uuid());
}
template <class E>
  requires std::is_enum_v<E>
Param to_param(E value) {
  return to_param(enum_name(value));
}
// A PostgreSQL array literal of the elements' text forms: for `= ANY(:ids)`.
template <class T>
Param to_param(const std::vector<T>& values);
template <class T>
Param to_param(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return to_param(*value);
}

Param array_param(const std::vector<Param>& elements);
template <class T>
Param to_param(const std::vector<T>& values) {
  std::vector<Param> elements;
  for (const auto& value : values) elements.push_back(to_param(value));
  return array_param(elements);
}

// One member of many rows: a parameter of `unnest(:ids::uuid[], …)`.
template <class Row, class Value>
std::vector<Value> column(const std::vector<Row>& rows, Value Row::* member) {
  std::vector<Value> values;
  values.reserve(rows.size());
  for (const auto& row : rows) values.push_back(row.*member);
  return values;
}

// Where a statement can run: the pipeline or a transaction. Stores take a Session&, so they work in both.
class Session {
 public:
  virtual ~Session() = default;
  // Number of arguments is checked at compile time; they are bound in the order of first use in the SQL text.
  template <std::size_t N, class... Args>
  Task<Result<Rows>> query(const Statement<N>& statement, const Args&... args) {
    static_assert(sizeof...(Args) == N, "one argument for each parameter of the statement");
    std::vector<Param> params;
    params.reserve(N);
    (params.push_back(to_param(args)), ...);
    return run({statement.name, statement.sql}, std::move(params));
  }

 protected:
  struct Text {
    std::string_view name, sql;  // static storage
  };
  virtual Task<Result<Rows>> run(Text statement, std::vector<Param> params) = 0;
};

class Transaction : public Session {};

struct DatabaseOptions {
  std::string url;  // libpq connection string or URI
  std::size_t pool_size = 4;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds statement_timeout{30'000};  // set on the server too
};

struct TransactionSettings {
  // How long it waits for a lock that somebody else holds; then it fails with `conflict`. 0: as long as a
  // statement may take.
  std::chrono::milliseconds lock_wait{0};
  // Its statements are planned once and not for the values at hand, for those whose plan is always the same.
  bool generic_plans = false;
  // Does not wait until it is on the disk: a crash of the server may take it back, unless a later transaction
  // was waited for.
  bool may_be_lost = false;

  bool operator==(const TransactionSettings&) const = default;
};

class Database : public Session {
 public:
  // Does not connect yet; the first statement does.
  static std::unique_ptr<Database> create(Executor executor, DatabaseOptions options);

  // Runs `body` in a transaction (READ COMMITTED): commits when it answers with a value, rolls back on an
  // error or an exception. A serialization failure or deadlock repeats the whole body, at most three times:
  // it must not have effects outside the database.
  template <class T>
  Task<Result<T>> transaction(std::function<Task<Result<T>>(Transaction&)> body,
                              TransactionSettings settings = {});
  // A pooled connection of its own, for slow reads that must not hold up the pipeline.
  virtual Task<Result<std::unique_ptr<Session>>> slow_lane() = 0;
  // Several statements in one text, no parameters, no answer: migrations only.
  virtual Task<Result<void>> run_script(std::string sql) = 0;
  virtual Task<void> close() = 0;

 protected:
  struct Lease;  // one pooled connection
  virtual Task<Result<std::shared_ptr<Transaction>>> begin(TransactionSettings settings) = 0;
  virtual Task<Result<void>> end(std::shared_ptr<Transaction> transaction, bool commit) = 0;
};

// Whether an error is the violation of that named constraint (unique, check, foreign key). Such errors have
// the code already_exists (unique), conflict (foreign key) or invalid_request (check), and must be translated
// by the store: their message is not meant for clients.
bool violates(const Error& error, std::string_view constraint);
// A serialization failure or deadlock.
bool is_retryable(const Error& error);

template <class T>
Task<Result<T>> Database::transaction(std::function<Task<Result<T>>(Transaction&)> body,
                                      TransactionSettings settings) {
  for (int attempt = 1;; ++attempt) {
    CO_TRY(auto tx, co_await begin(settings));
    auto result = co_await body(*tx);
    auto ended = co_await end(tx, result.has_value());
    if (result && ended) co_return result;
    auto error = result ? std::move(ended).error() : std::move(result).error();
    if (attempt == 3 || !is_retryable(error)) co_return fail(std::move(error));
  }
}

}  // namespace sandbar::pg
