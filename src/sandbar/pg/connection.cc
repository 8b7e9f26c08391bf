// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/connection.h"

#include <fcntl.h>
#include <libpq-fe.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/log/log.h"
#include "sandbar/pg/errors.h"
#include "sandbar/pg/request.h"

namespace sandbar::pg {
namespace {

constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);

void log_notice(void*, const char* message) { log::debug("postgresql notice", {{"text", trim(message)}}); }

PGconn* start_connect(const DatabaseOptions& options) {
  const char* keys[] = {"dbname",
                        "application_name",
                        "client_encoding",
                        "keepalives_idle",
                        "keepalives_interval",
                        "keepalives_count",
                        "tcp_user_timeout",
                        nullptr};
  const char* values[] = {options.url.c_str(), "sandbar", "UTF8", "30", "10", "3", "30000", nullptr};
  return PQconnectStartParams(keys, values, 1);
}

std::string session_settings(const DatabaseOptions& options) {
  return fmt::format(
      "SET TimeZone = 'UTC'; SET statement_timeout = {0}; SET idle_in_transaction_session_timeout = {0}",
      options.statement_timeout.count());
}

}  // namespace

Connection::~Connection() { PQfinish(connection_); }

std::string Connection::last_error() const { return std::string(trim(PQerrorMessage(connection_))); }

void Connection::cancel_waits() {
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

// A duplicate, because libpq closes its own descriptor whenever it likes, and goes through several while it
// connects.
Result<void> Connection::track_socket() {
  boost::system::error_code error;
  if (socket_.is_open()) socket_.close(error);
  int fd = fcntl(PQsocket(connection_), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return fail(connection_error(last_error()));
  socket_.assign(fd, error);
  if (error) return fail(connection_error("watching the socket: " + error.message()));
  return {};
}

Task<boost::system::error_code> Connection::readable() {
  auto [error] = co_await socket_.async_wait(socket_.wait_read, kNoThrow);
  co_return error;
}

Task<Result<void>> Connection::establish() {
  for (auto want = PGRES_POLLING_WRITING; want != PGRES_POLLING_OK; want = PQconnectPoll(connection_)) {
    if (want == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD)
      co_return fail(connection_error(last_error()));
    CO_TRY_VOID(track_socket());
    auto direction = want == PGRES_POLLING_READING ? socket_.wait_read : socket_.wait_write;
    co_await socket_.async_wait(direction, boost::asio::use_awaitable);
  }
  CO_TRY_VOID(track_socket());
  if (PQsetnonblocking(connection_, 1) != 0) co_return fail(connection_error(last_error()));
  co_return Result<void>{};
}

Task<Result<std::unique_ptr<Connection>>> Connection::connect(Executor executor, DatabaseOptions options) {
  std::unique_ptr<Connection> connection(new Connection(executor, start_connect(options)));
  PQsetNoticeProcessor(connection->get(), log_notice, nullptr);
  auto limit = options.connect_timeout;
  auto connected = co_await with_timeout(limit, "connecting to the database", connection->establish());
  if (!connected) co_return fail(connection_error(log::describe(connected.error())));
  auto settings = connection->run_text(session_settings(options));
  CO_TRY_VOID(co_await with_timeout(limit, "setting up the database session", std::move(settings)));
  if (!PQenterPipelineMode(connection->get())) co_return fail(connection_error(connection->last_error()));
  co_return connection;
}

Task<Result<void>> Connection::run_text(std::string sql) {
  if (!PQsendQuery(connection_, sql.c_str())) co_return fail(connection_error(last_error()));
  while (PQflush(connection_) == 1)
    co_await socket_.async_wait(socket_.wait_write, boost::asio::use_awaitable);
  std::optional<Error> first;
  for (;;) {
    while (PQisBusy(connection_)) {
      co_await socket_.async_wait(socket_.wait_read, boost::asio::use_awaitable);
      if (!PQconsumeInput(connection_)) co_return fail(connection_error(last_error()));
    }
    ResultPtr result(PQgetResult(connection_));
    if (!result) break;
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && !first) first = error_of_result(result.get());
  }
  if (first) co_return fail(std::move(*first));
  co_return Result<void>{};
}

Task<Result<void>> Connection::run_script(std::string sql) {
  if (!PQexitPipelineMode(connection_)) co_return fail(internal_error(last_error()));
  auto done = co_await run_text(std::move(sql));
  if (!PQenterPipelineMode(connection_) && done) co_return fail(internal_error(last_error()));
  co_return done;
}

}  // namespace sandbar::pg
