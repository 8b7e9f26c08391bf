// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/database.h"

#include "sandbar/pg/errors.h"
#include "sandbar/pg/pipeline.h"
#include "sandbar/pg/pool.h"

namespace sandbar::pg {
namespace {

class LeasedSession final : public Session {
 public:
  // Whoever holds session locks (the jobs' leader) may go away without letting go of them.
  explicit LeasedSession(Lease lease) : lease_(std::move(lease)) {
    lease_.clean_with("SELECT pg_advisory_unlock_all()");
  }

 private:
  Task<Result<Rows>> run(Text statement, std::vector<Param> params) override {
    return Request::wait(lease_.submit(statement.name, statement.sql, std::move(params)));
  }
  Lease lease_;
};

constexpr std::string_view kSet =
    "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) s (name, value)";

std::vector<Param> params_of(const TransactionSettings& settings) {
  std::vector<std::string> names, values;
  auto set = [&](std::string name, std::string value) {
    names.push_back(std::move(name));
    values.push_back(std::move(value));
  };
  if (settings.lock_wait.count() > 0) set("lock_timeout", fmt::format("{}ms", settings.lock_wait.count()));
  if (settings.generic_plans) set("plan_cache_mode", "force_generic_plan");
  if (settings.may_be_lost) set("synchronous_commit", "off");
  return {to_param(names), to_param(values)};
}

class LeasedTransaction final : public Transaction {
 public:
  // What it begins with travels together with the first statement.
  LeasedTransaction(Lease lease, TransactionSettings settings)
      : lease_(std::move(lease)), begun_(lease_.submit({}, "BEGIN")) {
    lease_.clean_with("ROLLBACK");
    if (settings != TransactionSettings{}) set_ = lease_.submit("set_transaction", kSet, params_of(settings));
  }

  Task<Result<void>> finish(bool commit) {
    auto last = lease_.submit({}, commit ? "COMMIT" : "ROLLBACK");
    lease_.mark_clean();
    CO_TRY_VOID(co_await Request::wait(begun_));
    if (set_) CO_TRY_VOID(co_await Request::wait(set_));
    CO_TRY(auto rows, co_await Request::wait(last));
    // The server answers ROLLBACK to a COMMIT when a statement failed and its error was swallowed.
    if (commit && rows.command() != "COMMIT")
      co_return fail(internal_error("the transaction was rolled back"));
    co_return Result<void>{};
  }

 private:
  Task<Result<Rows>> run(Text statement, std::vector<Param> params) override {
    return Request::wait(lease_.submit(statement.name, statement.sql, std::move(params)));
  }
  Lease lease_;
  RequestPtr begun_, set_;
};

class LibpqDatabase final : public Database {
 public:
  LibpqDatabase(Executor executor, DatabaseOptions options)
      : executor_(executor),
        options_(options),
        pipeline_(std::make_shared<Pipeline>(executor, options)),
        pool_(std::make_shared<Pool>(executor, options)) {}
  ~LibpqDatabase() override { close_lanes(); }

  Task<Result<std::unique_ptr<Session>>> slow_lane() override {
    CO_TRY(auto lease, co_await pool_->take());
    co_return std::make_unique<LeasedSession>(std::move(lease));
  }

  Task<Result<void>> run_script(std::string sql) override {
    CO_TRY(auto connection, co_await Connection::connect(executor_, options_));
    co_return co_await connection->run_script(std::move(sql));
  }

  Task<void> close() override {
    close_lanes();
    co_return;
  }

 private:
  Task<Result<Rows>> run(Text statement, std::vector<Param> params) override {
    return Request::wait(pipeline_->submit(statement.name, statement.sql, std::move(params)));
  }

  Task<Result<std::shared_ptr<Transaction>>> begin(TransactionSettings settings) override {
    CO_TRY(auto lease, co_await pool_->take());
    co_return std::make_shared<LeasedTransaction>(std::move(lease), settings);
  }

  Task<Result<void>> end(std::shared_ptr<Transaction> transaction, bool commit) override {
    co_return co_await static_cast<LeasedTransaction&>(*transaction).finish(commit);
  }

  void close_lanes() {
    pipeline_->close();
    pool_->close();
  }

  Executor executor_;
  DatabaseOptions options_;
  std::shared_ptr<Pipeline> pipeline_;
  std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<Database> Database::create(Executor executor, DatabaseOptions options) {
  return std::make_unique<LibpqDatabase>(std::move(executor), std::move(options));
}

}  // namespace sandbar::pg
