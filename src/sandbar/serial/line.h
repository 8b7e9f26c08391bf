// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "sandbar/async/event.h"
#include "sandbar/http/stream.h"
#include "sandbar/proc/fd.h"
#include "sandbar/serial/frames.h"

// A serial port between agent and guest that carries one connection at a time. In an emulated machine it
// costs a fraction of what TCP does, above all the first time after a restore, when no code is translated yet
// (docs/adr/0031-calls-over-a-serial-port.md). The caller's end opens connections, the answerer's
// accepts them; either may be replaced at any moment, in the middle of a word, without the other one
// noticing.

namespace sandbar::serial {

// What a connection over a line has for its peer's address.
inline constexpr std::string_view kPeer = "serial port";

class Line : public std::enable_shared_from_this<Line> {
 public:
  using Accept = std::function<void(http::ByteStreamPtr)>;

  // Takes the descriptor of a socket or a port. With `accept` it is the answerer's end.
  static std::shared_ptr<Line> start(Executor executor, proc::Fd port, Accept accept = {});
  ~Line();

  // Whether open() is worth trying: no connection is open, and none is awaited.
  bool is_free() const { return !closed_ && !channel_ && !asked_; }
  // unavailable if it is not free, or no answer comes within `limit`. It is free again once one has come.
  Task<Result<http::ByteStreamPtr>> open(std::chrono::milliseconds limit);
  // Breaks the connection, if there is one, and ends the line.
  void close();

 private:
  struct Channel;
  class Stream;
  using ChannelPtr = std::shared_ptr<Channel>;

  Line(Executor executor, proc::Fd port, Accept accept);
  static Task<void> receive(std::shared_ptr<Line> self);
  static Task<void> transmit(std::shared_ptr<Line> self);
  Task<void> wait_until(boost::asio::posix::stream_descriptor::wait_type what);
  bool take_in();
  void handle(const Frame& frame);
  void greeted(std::string_view nonce);
  void break_channel();
  void drop(const ChannelPtr& channel);
  void send(Kind kind, std::string_view payload = {});
  // As many of the bytes as there is room for.
  std::size_t send_data(std::string_view bytes);
  void flush();

  Executor executor_;
  boost::asio::posix::stream_descriptor port_;
  Accept accept_;
  Decoder decoder_;
  std::string out_;
  ChannelPtr channel_, opening_;
  Event answered_, read_, written_, waiting_;
  bool asked_ = false;    // a hello is not answered yet
  bool in_step_ = false;  // the other end has understood one of ours
  bool closed_ = false;
};
using LinePtr = std::shared_ptr<Line>;

}  // namespace sandbar::serial
