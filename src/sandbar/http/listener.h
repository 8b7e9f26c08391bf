// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

#include "sandbar/async/task.h"

// A listening socket: TCP or unix. The file of a unix socket is removed with it, and one that a dead process
// left behind is replaced.

namespace sandbar::http {

class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open(Executor executor, const std::string& address,
                                                bool reuse_port);
  ~Listener();

  std::uint16_t port() const { return port_; }
  // The next connection's descriptor; canceled once closed.
  Task<Result<int>> accept();
  void close();

 private:
  Listener(Executor executor, int fd, std::string path);

  boost::asio::posix::stream_descriptor descriptor_;
  std::string path_;
  std::uint16_t port_ = 0;
};

}  // namespace sandbar::http
