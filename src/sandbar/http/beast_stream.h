// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <chrono>
#include <string>

#include "sandbar/http/stream.h"

// A ByteStream in the shape that Beast wants (AsyncStream), so that its WebSocket is compiled once, whatever
// carries it. Handlers are called on the stream's own thread, never from within the call that starts an
// operation.

namespace sandbar::http {

class BeastStream {
 public:
  using executor_type = Executor;
  using Handler = boost::asio::any_completion_handler<void(boost::system::error_code, std::size_t)>;
  using Instant = std::chrono::steady_clock::time_point;

  explicit BeastStream(ByteStreamPtr stream) : stream_(std::move(stream)) {}

  Executor get_executor() { return stream_->executor(); }
  ByteStream& stream() { return *stream_; }
  // When bytes last came in, or went out.
  Instant last_read() const { return last_read_; }
  Instant last_write() const { return last_write_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    std::span<char> into;
    for (auto piece : boost::beast::buffers_range_ref(buffers)) {
      into = {static_cast<char*>(piece.data()), piece.size()};
      if (!into.empty()) break;
    }
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, std::span<char> room) { start_read(room, Handler(std::move(handler))); }, token,
        into);
  }

  // A frame's head and its payload come as two buffers; they go out as one piece.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    outgoing_.clear();
    for (auto piece : boost::beast::buffers_range_ref(buffers)) {
      auto n = std::min(piece.size(), kMaxPiece - outgoing_.size());
      outgoing_.append(static_cast<const char*>(piece.data()), n);
    }
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler) { start_write(Handler(std::move(handler))); }, token);
  }

  void start_end(boost::asio::any_completion_handler<void(boost::system::error_code)> handler);

 private:
  static constexpr std::size_t kMaxPiece = 64 << 10;

  void start_read(std::span<char> room, Handler handler);
  void start_write(Handler handler);
  Task<Result<std::size_t>> read(std::span<char> room);
  Task<Result<std::size_t>> write();

  ByteStreamPtr stream_;
  std::string outgoing_;
  Instant last_read_{}, last_write_{};
};

template <class Token>
void async_teardown(boost::beast::role_type, BeastStream& stream, Token&& token) {
  boost::asio::async_initiate<Token, void(boost::system::error_code)>(
      [&stream](auto handler) { stream.start_end(std::move(handler)); }, token);
}
inline void teardown(boost::beast::role_type, BeastStream& stream, boost::system::error_code&) {
  stream.stream().close();
}

inline void beast_close_socket(BeastStream& stream) { stream.stream().close(); }

}  // namespace sandbar::http
