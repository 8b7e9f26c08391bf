// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/connection.h"

#include "sandbar/http/peer.h"

#include <boost/system/system_error.hpp>

#include "sandbar/base/check.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/stream_parts.h"
#include "sandbar/log/log.h"

namespace sandbar::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxOutCapacity = 16 << 10;  // kept between requests
constexpr milliseconds kLinger{1'000};

Error client_gone(std::string_view doing, Error cause) {
  if (cause.code != Errc::canceled) cause.code = Errc::canceled, cause.message = "the client went away";
  return std::move(cause).with_context(doing);
}

milliseconds shortest(const ServerLimits& limits) {
  auto least = milliseconds::max();
  for (auto limit : {limits.head, limits.keep_alive, limits.body_idle, limits.write_idle})
    if (limit.count() > 0) least = std::min(least, limit);
  return least;
}

}  // namespace

ServerCore::ServerCore(Executor e, Handler h, ServerLimits l, TlsContextPtr t)
    : executor(e),
      handler(std::move(h)),
      limits(l),
      tls(std::move(t)),
      sweeper(std::make_shared<Sweeper>(e, shortest(l))),
      all_gone(e) {}

Connection::Connection(std::shared_ptr<ServerCore> core, ByteStreamPtr stream)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      buffer_(std::max<std::size_t>(core_->limits.max_head_bytes, 16 << 10)),
      decoder_(MessageKind::request, core_->limits.max_head_bytes),
      peer_address_(stream_->peer_address()) {
  core_->connections.push_back(*this);
  core_->sweeper->watch(*this);
}

Connection::~Connection() {
  core_->connections.erase(core_->connections.iterator_to(*this));
  if (core_->connections.empty()) core_->all_gone.notify_all();
}

Task<void> Connection::run() {
  if (!co_await handshake()) co_return;
  for (bool go_on = true; go_on;) go_on = co_await serve_one();
  co_await say_goodbye();
}

Task<bool> Connection::handshake() {
  if (!core_->tls) co_return true;
  auto secure = core_->tls->serve(std::move(stream_), core_->tls);
  auto* tls = secure.get();
  stream_ = std::move(secure);
  read_by = after(core_->limits.head);
  auto done = co_await tls->handshake();
  read_by = kNever;
  if (!done) log::debug("tls handshake failed", {{"peer", peer_address_}, {"why", done.error()}});
  if (done) peer_certificate_ = tls->peer_certificate(), peer_name_ = tls->peer_name();
  co_return done.has_value();
}

Task<bool> Connection::serve_one() {
  begin_request();
  bool complete = co_await read_head();
  if (!complete) co_return false;
  co_await call_handler();
  co_return co_await settle();
}

void Connection::begin_request() {
  decoder_.begin();
  answer_ = Answer::none;
  framing_ = {};
  status_ = 0;
  trailers_ = {};
  body_idle_ = core_->limits.body_idle;
  if (out_.capacity() > kMaxOutCapacity) out_ = {};
}

void Connection::expired() {
  timed_out_ = true;
  bool may_answer = write_by == kNever && answer_ == Answer::none;
  read_by = write_by = kNever;
  if (!stream_) return;
  if (may_answer) return stream_->cancel();
  dropped_ = true;
  stream_->close();
}

void Connection::drain() {
  if (idle_ && stream_) stream_->cancel();
}

void Connection::drop() {
  abort();
  cancellation_.emit(boost::asio::cancellation_type::terminal);
}

Task<bool> Connection::read_head() {
  auto parsed = co_await parse_head();
  if (parsed == Parsed::complete) {
    auto& head = decoder_.message();
    request_ = {std::move(head.method), std::move(head.target), std::move(head.headers)};
    framing_.http11 = head.http11;
    waits_for_continue_ = head.http11 && equals_ignore_case(request_.headers.get("Expect"), "100-continue");
    first_ = false;
    co_return true;
  }
  if (parsed == Parsed::malformed) co_await refuse(400);
  if (parsed == Parsed::too_large) co_await refuse(431);
  if (parsed == Parsed::need_more && timed_out_ && (decoder_.head_started() || !buffer_.empty()))
    co_await refuse(408);
  co_return false;
}

// need_more means that the connection ended, or took too long.
Task<Parsed> Connection::parse_head() {
  ScopeExit stop_waiting([this] { idle_ = false; });
  auto head_by = first_ ? after(core_->limits.head) : kNever;
  for (;;) {
    auto parsed = decoder_.head(buffer_);
    if (parsed != Parsed::need_more) co_return parsed;
    idle_ = !decoder_.head_started() && buffer_.empty();
    if (idle_ && core_->draining) co_return parsed;
    if (!idle_ && head_by == kNever) head_by = after(core_->limits.head);
    auto by = head_by;
    if (idle_ && !first_) by = after(core_->limits.keep_alive);
    auto got = co_await receive(by);
    if (got.value_or(0) == 0) co_return parsed;
  }
}

Task<Result<std::size_t>> Connection::receive(Deadline by) {
  read_by = by;
  auto room = buffer_.room();
  auto got = co_await stream_->read_some(room);
  read_by = kNever;
  if (got) buffer_.commit(*got);
  co_return got;
}

Error Connection::given_up() { return {Errc::canceled, "the connection was given up"}; }

Task<Result<void>> Connection::send(std::string_view bytes) {
  if (!stream_) co_return fail(given_up());
  ScopeExit done([this] { write_by = kNever; });
  while (!bytes.empty()) {
    write_by = after(core_->limits.write_idle);
    auto sent = co_await stream_->write_some(bytes);
    if (!sent) {
      broken_ = true;
      co_return fail(client_gone(timed_out_ ? "the client reads nothing" : "write", std::move(sent).error()));
    }
    bytes.remove_prefix(*sent);
  }
  co_return Result<void>{};
}

Task<void> Connection::call_handler() {
  try {
    co_await core_->handler(*this);
  } catch (const boost::system::system_error& e) {
    broken_ = true;
    if (e.code() != boost::asio::error::operation_aborted)
      log::error("request handler ended with an exception", {{"what", std::string_view(e.what())}});
  } catch (const std::exception& e) {
    broken_ = true;
    log::error("request handler ended with an exception", {{"what", std::string_view(e.what())}});
  }
}

// Whether another request may follow.
Task<bool> Connection::settle() {
  if (!stream_) co_return false;
  if (answer_ == Answer::none) {
    broken_ = true;
    (void)co_await respond({500, {}, {}});
  }
  if (answer_ == Answer::started) abort();
  if (!stream_ || broken_ || watching_ || framing_.after != Framing::After::keep_alive) co_return false;
  co_return co_await skip_rest_of_body();
}

Task<bool> Connection::skip_rest_of_body() {
  if (decoder_.body_done()) co_return true;
  std::vector<char> waste(16 << 10);
  for (std::size_t skipped = 0; skipped < kSkippedBody;) {
    auto n = co_await receive_body(waste);
    if (!n) co_return false;
    if (*n == 0) co_return true;
    skipped += *n;
  }
  co_return false;
}

Task<void> Connection::refuse(int status) {
  broken_ = true;
  framing_ = {};
  (void)co_await respond(
      {status, {{"Content-Type", "text/plain"}}, std::string(reason_phrase(status)) + "\n"});
}

// A connection that is closed with unread bytes is reset by the kernel, and the client may lose the answer;
// so the end is announced first, and what still comes is read for a short while.
Task<void> Connection::say_goodbye() {
  if (!stream_ || dropped_) co_return;
  write_by = after(kLinger);
  co_await stream_->shut_down();
  write_by = kNever;
  if (broken_ || !decoder_.body_done() || !buffer_.empty()) {
    std::vector<char> waste(16 << 10);
    read_by = after(kLinger);
    for (Result<std::size_t> n = 1; n && *n > 0;) n = co_await stream_->read_some(waste);
  }
  stream_->close();
}

std::string peer_name(const Exchange& exchange) {
  const auto* connection = dynamic_cast<const Connection*>(&exchange);
  return connection ? connection->peer_name() : std::string();
}

}  // namespace sandbar::http
