// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>

#include "sandbar/pg/channel.h"

// The lane for single statements: one connection, many statements in flight. Statements wait while it is
// being (re)connected; a failed attempt fails all that wait, and the next attempt comes after a pause that
// grows to a second.

namespace sandbar::pg {

class Pipeline : public std::enable_shared_from_this<Pipeline> {
 public:
  Pipeline(Executor executor, DatabaseOptions options)
      : executor_(std::move(executor)), options_(std::move(options)) {}

  RequestPtr submit(std::string_view name, std::string_view sql, std::vector<Param> params);
  void close();

 private:
  static Task<void> connect(std::shared_ptr<Pipeline> self);
  void pump();
  void fail_waiting(const Error& error);
  void adopt(std::unique_ptr<Connection> connection);

  Executor executor_;
  DatabaseOptions options_;
  ChannelPtr channel_;
  std::deque<RequestPtr> waiting_;
  bool connecting_ = false, closed_ = false;
};

std::chrono::milliseconds silence_limit(const DatabaseOptions& options);

}  // namespace sandbar::pg
