// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "sandbar/async/task.h"
#include "sandbar/pg/database.h"

struct pg_conn;

// One established libpq connection, non-blocking, in pipeline mode, with the session's settings made (UTC,
// timeouts). Name resolution is the only step that blocks: a DSN with a unix socket or an address has none.

namespace sandbar::pg {

class Connection {
 public:
  static Task<Result<std::unique_ptr<Connection>>> connect(Executor executor, DatabaseOptions options);
  ~Connection();

  pg_conn* get() const { return connection_; }
  std::string last_error() const;
  Task<boost::system::error_code> readable();
  boost::asio::posix::stream_descriptor& socket() { return socket_; }
  // Leaves pipeline mode for a text of several statements. Nothing else may be in flight.
  Task<Result<void>> run_script(std::string sql);
  // Wakes everything that waits for the socket.
  void cancel_waits();

 private:
  Connection(Executor executor, pg_conn* connection)
      : connection_(connection), socket_(std::move(executor)) {}
  Task<Result<void>> establish();
  Task<Result<void>> run_text(std::string sql);
  Result<void> track_socket();

  pg_conn* connection_;
  boost::asio::posix::stream_descriptor socket_;
};

}  // namespace sandbar::pg
