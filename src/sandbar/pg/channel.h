// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <set>

#include "sandbar/pg/connection.h"
#include "sandbar/pg/request.h"

// Requests in flight on one connection, answered in order. Every statement has a synchronisation point of its
// own, so one that fails does not take the next with it. When the connection is lost, or the server answers
// nothing for longer than any statement may take, all that is in flight fails with Errc::unavailable.

namespace sandbar::pg {

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(std::unique_ptr<Connection> connection, std::chrono::milliseconds silence_limit,
          std::function<void()> on_progress);

  // Starts reading answers; the channel lives until it is lost or closed.
  void start();
  void submit(RequestPtr request);
  bool lost() const { return lost_; }
  std::size_t in_flight() const { return in_flight_.size(); }
  void close(std::string why);

 private:
  static Task<void> read_answers(std::shared_ptr<Channel> self);
  void take_answers();
  void take(ResultPtr result);
  bool send(Request& request);
  void flush();
  void watch();

  std::unique_ptr<Connection> connection_;
  Executor executor_;
  std::chrono::milliseconds silence_limit_;
  std::function<void()> on_progress_;  // after answers were taken, and when lost
  std::deque<RequestPtr> in_flight_;
  std::set<std::string_view> prepared_;
  bool lost_ = false, writing_ = false, watching_ = false;
  std::chrono::steady_clock::time_point last_progress_;
  boost::asio::steady_timer watchdog_;
};
using ChannelPtr = std::shared_ptr<Channel>;

}  // namespace sandbar::pg
