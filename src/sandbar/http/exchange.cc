// SPDX-License-Identifier: Apache-2.0
// What a handler sees of its connection.
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/connection.h"
#include "sandbar/http/stream_parts.h"
#include "sandbar/http/websocket_parts.h"

namespace sandbar::http {
namespace {

constexpr std::size_t kJoinedBody = 64 << 10;  // a larger body is not copied behind its head
constexpr std::size_t kMaxChunk = 256 << 10;

}  // namespace

Task<Result<std::string>> Exchange::read_all(std::size_t limit) {
  std::string all;
  std::vector<char> piece(16 << 10);
  for (;;) {
    CO_TRY(auto n, co_await read_some(piece));
    if (n == 0) co_return all;
    if (all.size() + n > limit) co_return fail(Error{Errc::too_large, "the request body is too large"});
    all.append(piece.data(), n);
  }
}

bool Connection::is_websocket() const {
  return request_.method == "GET" && framing_.http11 &&
         lists_token(request_.headers, "Upgrade", "websocket") &&
         lists_token(request_.headers, "Connection", "upgrade");
}

Task<Result<std::size_t>> Connection::read_some(std::span<char> into) {
  if (decoder_.body_done()) co_return 0u;
  if (!stream_) co_return fail(given_up());
  if (broken_) co_return fail(invalid_request("the request body is malformed"));
  CO_TRY_VOID(co_await send_continue());
  co_return co_await receive_body(into);
}

Task<Result<void>> Connection::send_continue() {
  if (!waits_for_continue_) co_return Result<void>{};
  waits_for_continue_ = false;
  if (!buffer_.empty() || answer_ != Answer::none) co_return Result<void>{};
  co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n");
}

Task<Result<std::size_t>> Connection::receive_body(std::span<char> into) {
  for (;;) {
    std::size_t got = 0;
    auto parsed = decoder_.body(buffer_, into, got);
    if (parsed == Parsed::malformed) {
      broken_ = true;
      if (got == 0) co_return fail(invalid_request("the request body is malformed"));
    }
    if (got > 0 || parsed == Parsed::complete) co_return got;
    auto by = after(body_idle_);
    auto direct = decoder_.direct_limit(into.size());
    Result<std::size_t> n = 0;
    if (direct > 0) {
      read_by = by;
      n = co_await stream_->read_some(into.first(direct));
      read_by = kNever;
      if (n) decoder_.took_direct(*n);
    } else {
      n = co_await receive(by);
    }
    if (n.value_or(0) == 0) {
      broken_ = true;
      if (timed_out_) co_return fail(Error{Errc::request_timeout, "the request body came too slowly"});
      co_return fail(Error{Errc::canceled, "the client went away", "the request body ended too early"});
    }
    if (direct > 0) co_return n;
  }
}

bool Connection::may_keep_alive() const {
  bool long_body = !decoder_.body_done() && decoder_.remaining().value_or(kSkippedBody + 1) > kSkippedBody;
  return decoder_.message().keep_alive && !core_->draining && !broken_ && !waits_for_continue_ && !long_body;
}

bool Connection::answer_has_body(int status) const {
  return request_.method != "HEAD" && status != 204 && status != 304;
}

Result<void> Connection::prepare_answer() {
  if (answer_ != Answer::none) return fail(internal_error("a second answer to one request"));
  if (!stream_) return fail(given_up());
  framing_.after = may_keep_alive() ? Framing::After::keep_alive : Framing::After::close;
  out_.clear();
  return {};
}

Task<Result<void>> Connection::respond(Response response) {
  CO_TRY_VOID(prepare_answer());
  if (equals_ignore_case(response.headers.get("Connection"), "close")) framing_.after = Framing::After::close;
  bool with_body = answer_has_body(response.status);
  CO_TRY(auto declared, declared_length(response.headers));
  bool sized = with_body || request_.method == "HEAD";
  framing_.body = sized && response.status != 204 ? Framing::Body::length : Framing::Body::none;
  framing_.length = with_body ? response.body.size() : declared.value_or(response.body.size());
  CO_TRY_VOID(encode_head(out_, response.status, response.headers, framing_));
  answer_ = Answer::started;
  status_ = response.status;
  bool joined = with_body && response.body.size() <= kJoinedBody;
  if (joined) out_ += response.body;
  CO_TRY_VOID(co_await send(out_));
  if (with_body && !joined) CO_TRY_VOID(co_await send(response.body));
  answer_ = Answer::finished;
  co_return Result<void>{};
}

Task<Result<void>> Connection::start(ResponseHead head) {
  CO_TRY_VOID(prepare_answer());
  CO_TRY(auto declared, declared_length(head.headers));
  if (equals_ignore_case(head.headers.get("Connection"), "close")) framing_.after = Framing::After::close;
  if (head.status == 204 || (head.status == 304 && !declared)) {
    framing_.body = Framing::Body::none;
  } else if (declared) {
    framing_.body = Framing::Body::length;
  } else if (framing_.http11) {
    framing_.body = Framing::Body::chunked;
  } else {
    framing_.body = Framing::Body::until_close;
    framing_.after = Framing::After::close;
  }
  framing_.length = left_to_write_ = declared.value_or(0);
  CO_TRY_VOID(encode_head(out_, head.status, head.headers, framing_));
  status_ = head.status;
  answer_ = Answer::started;
  co_return co_await send(out_);
}

Task<Result<void>> Connection::write(std::string_view bytes) {
  if (answer_ != Answer::started) co_return fail(internal_error("write() without start()"));
  if (bytes.empty() || !answer_has_body(status_)) co_return Result<void>{};
  if (framing_.body == Framing::Body::length) {
    if (bytes.size() > left_to_write_) co_return fail(internal_error("more bytes than Content-Length said"));
    left_to_write_ -= bytes.size();
  }
  if (framing_.body != Framing::Body::chunked) co_return co_await send(bytes);
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, kMaxChunk);
    out_.clear();
    encode_chunk(out_, piece);
    CO_TRY_VOID(co_await send(out_));
    bytes.remove_prefix(piece.size());
  }
  co_return Result<void>{};
}

Task<Result<void>> Connection::finish() {
  if (answer_ != Answer::started) co_return fail(internal_error("finish() without start()"));
  if (answer_has_body(status_)) {
    if (framing_.body == Framing::Body::length && left_to_write_ > 0) {
      abort();
      co_return fail(internal_error("fewer bytes than Content-Length said"));
    }
    if (framing_.body == Framing::Body::chunked) {
      out_.clear();
      encode_last_chunk(out_, trailers_);
      CO_TRY_VOID(co_await send(out_));
    }
  }
  answer_ = Answer::finished;
  co_return Result<void>{};
}

void Connection::abort() {
  broken_ = dropped_ = true;
  if (stream_) stream_->close();
}

// Bytes that come are the next request of a client that does not wait for answers; they are kept as far as
// there is room.
Task<void> Connection::disconnected() {
  if (!stream_ || broken_ || watching_) co_return;
  watching_ = true;
  ScopeExit done([this] { watching_ = false; });
  for (;;) {
    if (buffer_.full()) co_return;
    auto got = co_await receive(kNever);
    if (got.value_or(0) == 0) break;
  }
  co_return;
}

ByteStreamPtr Connection::release_stream() {
  answer_ = Answer::finished;
  read_by = write_by = kNever;
  std::string early(buffer_.bytes());
  buffer_.consume(early.size());
  return prepend(std::move(early), std::move(stream_));
}

Task<Result<ByteStreamPtr>> Connection::take_over(ResponseHead head) {
  CO_TRY_VOID(prepare_answer());
  if (!decoder_.body_done()) co_return fail(invalid_request("an upgrade request must not have a body"));
  framing_.after = Framing::After::upgrade;
  CO_TRY_VOID(encode_head(out_, head.status, head.headers, framing_));
  status_ = head.status;
  answer_ = Answer::started;
  CO_TRY_VOID(co_await send(out_));
  co_return release_stream();
}

Task<Result<WebSocketPtr>> Connection::accept_websocket(Headers extra) {
  CO_TRY_VOID(prepare_answer());
  if (!is_websocket() || !decoder_.body_done()) co_return fail(invalid_request("not a WebSocket upgrade"));
  co_return co_await accept_websocket_on(release_stream(), request_, std::move(extra), status_);
}

}  // namespace sandbar::http
