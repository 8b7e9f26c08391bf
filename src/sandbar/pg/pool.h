// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "sandbar/async/event.h"
#include "sandbar/pg/channel.h"

// A few connections that one transaction, or one slow query, has to itself at a time.

namespace sandbar::pg {

class Pool;

// A connection of the pool; returns to it at the end. One that still has work in flight, or was marked, is
// cleaned first.
class Lease {
 public:
  Lease(std::shared_ptr<Pool> pool, ChannelPtr channel)
      : pool_(std::move(pool)), channel_(std::move(channel)) {}
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  RequestPtr submit(std::string_view name, std::string_view sql, std::vector<Param> params = {});
  // What must be run before somebody else gets the connection.
  void clean_with(std::string_view sql) { cleaning_ = sql; }
  void mark_clean() { cleaning_ = {}; }

 private:
  std::shared_ptr<Pool> pool_;
  ChannelPtr channel_;
  std::string_view cleaning_;  // static storage
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(Executor executor, DatabaseOptions options)
      : executor_(executor), options_(std::move(options)), freed_(std::move(executor)) {}

  Task<Result<Lease>> take();
  // Lent connections end too: what is in flight on them fails.
  void close();

 private:
  friend class Lease;
  static Task<void> clean(std::shared_ptr<Pool> self, ChannelPtr channel, RequestPtr cleaning);
  Task<Result<Lease>> open();
  void give(ChannelPtr channel);

  Executor executor_;
  DatabaseOptions options_;
  std::vector<ChannelPtr> idle_;
  std::vector<std::weak_ptr<Channel>> all_;
  std::size_t size_ = 0;  // idle, lent and being opened
  bool closed_ = false;
  Event freed_;
};

}  // namespace sandbar::pg
