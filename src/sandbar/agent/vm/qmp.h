// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "sandbar/async/task.h"
#include "sandbar/proc/fd.h"

// QEMU's control protocol: JSON lines over a unix socket, one command at a time. QEMU is not trusted: lines,
// their number per command and the time to wait are bounded. Who reconnects (a restarted agent) starts with a
// new client.

namespace sandbar::agent {

class QmpClient {
 public:
  using Limit = std::chrono::milliseconds;
  static constexpr Limit kUsual = std::chrono::seconds(15);

  // Connects, waits for the greeting and leaves negotiation mode.
  static Task<Result<std::unique_ptr<QmpClient>>> connect(Executor executor, std::filesystem::path path,
                                                          Limit limit);

  // The value of "return". `fd` goes along with the command (getfd, add-fd); it stays the caller's.
  Task<Result<boost::json::value>> execute(std::string command, boost::json::object arguments = {},
                                           int fd = -1, Limit limit = kUsual);
  // The next event of that name, `data` only; events that came while commands ran count.
  Task<Result<boost::json::object>> wait_event(std::string name, Limit limit = kUsual);
  // "7.2.22 (Debian 1:7.2+dfsg-7)": identifies the build.
  const std::string& version() const { return version_; }

 private:
  QmpClient(Executor executor, proc::Fd socket);
  Task<Result<void>> greet();
  Task<Result<boost::json::value>> converse(std::string line, std::int64_t id, int fd);
  Task<Result<boost::json::object>> next_event(std::string name);
  Task<Result<boost::json::object>> read_message();
  Task<Result<void>> send(std::string line, int fd);
  void keep(boost::json::object message);

  boost::asio::posix::stream_descriptor socket_;
  std::string buffer_, version_;
  std::deque<boost::json::object> events_;
  std::int64_t next_id_ = 1;
};

}  // namespace sandbar::agent
