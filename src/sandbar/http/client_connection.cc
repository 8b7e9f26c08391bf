// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/client_connection.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/try.h"
#include "sandbar/http/stream_parts.h"

namespace sandbar::http {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxInterimAnswers = 16;

Error broken_answer(std::string detail) {
  return {Errc::unavailable, "the server's answer is broken", std::move(detail)};
}

milliseconds shortest(const ClientLimits& limits) {
  auto least = milliseconds::max();
  for (auto limit : {limits.head, limits.idle, limits.keep_alive})
    if (limit.count() > 0) least = std::min(least, limit);
  return least;
}

}  // namespace

ClientConnection::ClientConnection(ByteStreamPtr stream, const ClientLimits& limits)
    : stream_(std::move(stream)),
      limits_(limits),
      buffer_(std::max<std::size_t>(limits.max_head_bytes, 16 << 10)),
      decoder_(MessageKind::response, limits.max_head_bytes) {}

void ClientConnection::expired() {
  if (auto forget = std::exchange(when_idle_too_long, nullptr)) return forget();  // destroys us
  timed_out_ = true;
  read_by = write_by = kNever;
  close();
}

void ClientConnection::reuse() {
  when_idle_too_long = nullptr;
  read_by = kNever;
  reused_ = true;
  saw_answer_ = request_sent = false;
}

void ClientConnection::close() {
  closed_ = true;
  if (stream_) stream_->close();
}

Error ClientConnection::lost(std::string_view doing, Error cause) {
  if (timed_out_) return {Errc::deadline_exceeded, "the server took too long", std::string(doing)};
  return std::move(cause).with_context(doing);
}

Task<Result<void>> ClientConnection::send(std::string_view bytes) {
  if (closed_) co_return fail(lost("send", {Errc::unavailable, "the connection was closed"}));
  ScopeExit done([this] { write_by = kNever; });
  while (!bytes.empty()) {
    write_by = after(limits_.idle);
    auto sent = co_await stream_->write_some(bytes);
    if (!sent) co_return fail(lost("send a request", std::move(sent).error()));
    bytes.remove_prefix(*sent);
  }
  co_return Result<void>{};
}

void ClientConnection::expect_head() {
  head_by_ = after(limits_.head);
  if (read_by == kNever) return;
  read_by = head_by_;
}

Task<Result<std::size_t>> ClientConnection::receive() {
  auto got = co_await stream_->read_some(buffer_.room());
  if (got) buffer_.commit(*got);
  saw_answer_ |= got.value_or(0) > 0;
  co_return got;
}

Task<Result<void>> ClientConnection::read_head(bool bodiless) {
  ScopeExit done([this] { read_by = kNever; });
  for (int interim = 0; interim < kMaxInterimAnswers; ++interim) {
    decoder_.begin(bodiless);
    for (Parsed parsed; (parsed = decoder_.head(buffer_)) != Parsed::complete;) {
      if (parsed != Parsed::need_more) co_return fail(broken_answer("malformed or oversized head"));
      if (closed_) co_return fail(lost("read an answer", {Errc::unavailable, "the connection was closed"}));
      // The last instant that a clock knows stands for "no limit yet", so that expect_head() finds us
      // waiting.
      read_by = std::min(head_by_, kNever - std::chrono::nanoseconds(1));
      auto got = co_await receive();
      if (!got) co_return fail(lost("read an answer", std::move(got).error()));
      if (*got == 0) co_return fail(Error{Errc::unavailable, "the server closed the connection"});
    }
    int status = decoder_.message().status;
    if (status >= 200 || status == 101) co_return Result<void>{};
    if (status == 100 && on_continue) on_continue();
  }
  co_return fail(broken_answer("too many interim answers"));
}

Task<Result<std::size_t>> ClientConnection::read_body(std::span<char> into) {
  ScopeExit done([this] { read_by = kNever; });
  for (;;) {
    std::size_t got = 0;
    auto parsed = decoder_.body(buffer_, into, got);
    if (got > 0 || parsed == Parsed::complete) co_return got;
    if (parsed == Parsed::malformed) co_return fail(broken_answer("malformed body"));
    if (closed_) co_return fail(lost("read an answer", {Errc::unavailable, "the connection was closed"}));
    read_by = after(limits_.idle);
    auto direct = decoder_.direct_limit(into.size());
    Result<std::size_t> n = 0;
    if (direct > 0) {
      n = co_await stream_->read_some(into.first(direct));
      if (n) decoder_.took_direct(*n);
    } else {
      n = co_await receive();
    }
    if (!n) co_return fail(lost("read an answer", std::move(n).error()));
    if (*n > 0 && direct > 0) co_return n;
    if (*n > 0) continue;
    if (decoder_.ends_with_connection()) co_return 0u;
    co_return fail(broken_answer("the connection ended in the middle of the body"));
  }
}

bool ClientConnection::may_be_reused() const {
  return !closed_ && stream_ && request_sent && decoder_.body_done() && buffer_.empty() && !timed_out_;
}

ByteStreamPtr ClientConnection::release_stream() {
  read_by = write_by = kNever;
  std::string early(buffer_.bytes());
  buffer_.consume(early.size());
  return prepend(std::move(early), std::move(stream_));
}

ConnectionPool::ConnectionPool(Executor executor, Endpoint endpoint, ClientLimits limits)
    : executor_(executor),
      endpoint_(std::move(endpoint)),
      limits_(limits),
      sweeper_(std::make_shared<Sweeper>(executor, shortest(limits))) {}

Task<Result<ClientConnectionPtr>> ConnectionPool::take(Wanted wanted) {
  while (wanted == Wanted::any && !idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_stale()) continue;
    connection->reuse();
    co_return connection;
  }
  CO_TRY(auto stream,
         co_await with_timeout(limits_.connect, "connecting to " + endpoint_.host, endpoint_.dial()));
  auto connection = std::make_shared<ClientConnection>(std::move(stream), limits_);
  sweeper_->watch(*connection);
  co_return connection;
}

void ConnectionPool::give_back(ClientConnectionPtr connection) {
  if (retired_ || !connection->may_be_reused() || !connection->head().keep_alive) return;
  connection->read_by = after(limits_.keep_alive);
  auto* raw = connection.get();
  connection->when_idle_too_long = [this, raw] {
    idle_.remove_if([raw](const auto& c) { return c.get() == raw; });
  };
  idle_.push_back(std::move(connection));
  if (idle_.size() > limits_.max_idle_connections) idle_.pop_front();
}

void ConnectionPool::retire() {
  retired_ = true;
  idle_.clear();
}

}  // namespace sandbar::http
