// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/beast_stream.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

namespace sandbar::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code error_of(const Result<std::size_t>& result) {
  if (result) return {};
  if (result.error().code == Errc::canceled) return asio::error::operation_aborted;
  return asio::error::connection_reset;
}

// Runs `task` with the handler's cancellation slot, and hands its outcome to the handler.
template <class Convert>
void run(Executor executor, Task<Result<std::size_t>> task, BeastStream::Handler handler, Convert convert) {
  auto slot = asio::get_associated_cancellation_slot(handler);
  auto done = [handler = std::move(handler), convert](std::exception_ptr thrown,
                                                      Result<std::size_t> result) mutable {
    auto ec = thrown ? error_code(asio::error::operation_aborted) : convert(result);
    std::move(handler)(ec, ec ? 0 : *result);
  };
  asio::co_spawn(executor, std::move(task), asio::bind_cancellation_slot(slot, std::move(done)));
}

Task<Result<std::size_t>> end(ByteStream& stream) {
  co_await asio::post(stream.executor(), asio::deferred);
  co_await stream.shut_down();
  co_return 0u;
}

}  // namespace

Task<Result<std::size_t>> BeastStream::read(std::span<char> room) {
  co_await asio::post(stream_->executor(), asio::deferred);
  auto n = co_await stream_->read_some(room);
  if (n && *n > 0) last_read_ = std::chrono::steady_clock::now();
  co_return n;
}

Task<Result<std::size_t>> BeastStream::write() {
  co_await asio::post(stream_->executor(), asio::deferred);
  auto n = co_await stream_->write_some(outgoing_);
  if (n) last_write_ = std::chrono::steady_clock::now();
  co_return n;
}

void BeastStream::start_read(std::span<char> room, Handler handler) {
  run(stream_->executor(), read(room), std::move(handler),
      [](const Result<std::size_t>& n) { return n && *n == 0 ? error_code(asio::error::eof) : error_of(n); });
}

void BeastStream::start_write(Handler handler) {
  run(stream_->executor(), write(), std::move(handler), error_of);
}

void BeastStream::start_end(asio::any_completion_handler<void(error_code)> handler) {
  run(
      stream_->executor(), end(*stream_),
      [handler = std::move(handler)](error_code ec, std::size_t) mutable { std::move(handler)(ec); },
      error_of);
}

}  // namespace sandbar::http
