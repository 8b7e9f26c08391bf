// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/connect_server.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/log/log.h"
#include "sandbar/rpc/envelope.h"
#include "sandbar/rpc/gzip.h"
#include "sandbar/rpc/wire_error.h"

namespace sandbar::rpc {
namespace {

using std::chrono::milliseconds;
using Handle = std::function<Task<Result<void>>(std::string)>;

enum class Kind { unary, stream };

// The answer that is not an RPC error: the request is not even one of ours.
struct Shape {
  std::optional<Codec> codec;
  http::Response refusal;
};

std::string_view content_type_of(Kind kind, Codec codec) {
  if (kind == Kind::unary) return codec == Codec::json ? "application/json" : "application/proto";
  return codec == Codec::json ? "application/connect+json" : "application/connect+proto";
}

std::optional<Codec> codec_of_content_type(Kind kind, std::string_view content_type) {
  auto bare = trim(content_type.substr(0, content_type.find(';')));
  for (auto codec : {Codec::json, Codec::proto})
    if (equals_ignore_case(bare, content_type_of(kind, codec))) return codec;
  return std::nullopt;
}

Shape refused(int status, std::string_view name, std::string value) {
  return {std::nullopt, {status, {{std::string(name), std::move(value)}}, {}}};
}

Shape shape_of(const http::RequestHead& head, Kind kind, Effects effects) {
  bool get = head.method == "GET" && kind == Kind::unary && effects == Effects::none;
  if (!get && head.method != "POST")
    return refused(405, "Allow", effects == Effects::none ? "GET, POST" : "POST");
  auto encoding = head.query("encoding");
  std::optional<Codec> codec;
  if (!get)
    codec = codec_of_content_type(kind, head.headers.get("Content-Type"));
  else if (encoding == "json")
    codec = Codec::json;
  else if (encoding == "proto")
    codec = Codec::proto;
  if (codec) return {codec, {}};
  auto known = fmt::format("{}, {}", content_type_of(kind, Codec::json), content_type_of(kind, Codec::proto));
  return refused(415, "Accept-Post", std::move(known));
}

Result<std::optional<milliseconds>> timeout_of(const http::RequestHead& head, milliseconds longest) {
  auto text = head.headers.get("Connect-Timeout-Ms");
  if (text.empty()) return std::nullopt;
  auto number = text.size() <= 10 && text[0] != '-' && text[0] != '+' ? parse_int(text) : std::nullopt;
  if (!number) return fail(invalid_request("connect-timeout-ms is not a number of at most 10 digits"));
  return std::min(milliseconds(*number), longest);
}

Result<void> check_version(const http::RequestHead& head) {
  auto version = head.headers.get("Connect-Protocol-Version");
  if (version.empty() || version == "1") return {};
  return fail(invalid_request(fmt::format("connect-protocol-version must be 1, not \"{}\"", version)));
}

Result<std::string> decompress(std::string_view encoding, std::string bytes, std::size_t limit) {
  if (bytes.empty() || encoding.empty() || encoding == "identity") return bytes;
  if (encoding == "gzip") return gunzip(bytes, limit);
  return fail(Error{Errc::unimplemented,
                    fmt::format("unknown compression \"{}\": supported are gzip, identity", encoding)});
}

Error too_large(std::size_t limit) {
  return {Errc::rate_limited, fmt::format("the request is larger than {} bytes", limit)};
}

Task<Result<std::string>> read_body(http::Exchange& exchange, std::size_t limit) {
  auto body = co_await exchange.read_all(limit);
  if (!body && body.error().code == Errc::too_large) co_return fail(too_large(limit));
  co_return body;
}

Result<std::string> message_of_query(const http::RequestHead& head, std::size_t limit) {
  if (head.query("connect") != "v1") return fail(invalid_request("the query parameter connect must be v1"));
  auto message = head.query("message");
  if (!message) return fail(invalid_request("the query parameter message is missing"));
  if (head.query("base64") == "1") message = from_base64url(*message);
  if (!message) return fail(invalid_request("the message is not valid base64"));
  return decompress(head.query("compression").value_or(""), std::move(*message), limit);
}

Task<Result<std::string>> read_unary(http::Exchange& exchange, std::size_t limit) {
  const auto& head = exchange.request();
  CO_TRY_VOID(check_version(head));
  if (head.method == "GET") co_return message_of_query(head, limit);
  CO_TRY(auto body, co_await read_body(exchange, limit));
  co_return decompress(head.headers.get("Content-Encoding"), std::move(body), limit);
}

// The one envelope that a server stream's request consists of.
Task<Result<std::string>> read_single_envelope(http::Exchange& exchange, std::size_t limit) {
  const auto& head = exchange.request();
  CO_TRY_VOID(check_version(head));
  CO_TRY(auto body, co_await read_body(exchange, limit + kEnvelopeHead));
  EnvelopeReader reader(limit);
  reader.feed(body);
  CO_TRY(auto envelope, reader.next());
  if (!envelope || !reader.empty() || (envelope->flags & ~kCompressedFlag) != 0)
    co_return fail(invalid_request("the request must be exactly one enveloped message"));
  if ((envelope->flags & kCompressedFlag) == 0) co_return std::move(envelope->bytes);
  auto encoding = head.headers.get("Connect-Content-Encoding");
  if (encoding.empty() || encoding == "identity")
    co_return fail(invalid_request("a compressed message needs connect-content-encoding"));
  co_return decompress(encoding, std::move(envelope->bytes), limit);
}

Error error_of_thrown(std::string_view path, std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::asio::multiple_exceptions& several) {  // of tasks that ran side by side
    return error_of_thrown(path, several.first_exception());
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) return {Errc::canceled, "the call was canceled"};
    return internal_error(fmt::format("{} threw: {}", path, e.what()));
  } catch (const std::exception& e) {
    return internal_error(fmt::format("{} threw: {}", path, e.what()));
  }
}

// Whatever a handler throws ends here: one broken call answers `internal` and hurts nobody else.
template <class T>
Task<Result<T>> guarded(std::string path, Task<Result<T>> task) {
  try {
    co_return co_await std::move(task);
  } catch (...) {
    co_return fail(error_of_thrown(path, std::current_exception()));
  }
}

template <class T>
Task<Result<T>> within(std::optional<milliseconds> timeout, std::string path, Task<Result<T>> task) {
  auto safe = guarded(path, std::move(task));
  if (!timeout) co_return co_await std::move(safe);
  co_return co_await with_timeout(*timeout, std::move(path), std::move(safe));
}

// True when the task ended by itself, false when the client left first (and the task was cancelled).
Task<bool> unless_disconnected(http::Exchange& exchange, Task<Result<void>> task, Result<void>& outcome) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (std::move(task) || exchange.disconnected());
  if (first.index() != 0) co_return false;
  outcome = std::get<0>(std::move(first));
  co_return true;
}

void log_failure(std::string_view path, const Error& error) {
  switch (info_of(error.code).level) {
    case ErrorLevel::error:
      return log::error("call failed", {{"path", path}, {"error", error}});
    case ErrorLevel::warn:
      return log::warn("call failed", {{"path", path}, {"error", error}});
    case ErrorLevel::info:
      return log::debug("call refused", {{"path", path}, {"error", error}});
  }
}

CallContext context_of(http::Exchange& exchange, std::optional<milliseconds> timeout) {
  CallContext call{exchange.request(), exchange.peer_address(), exchange.peer_certificate(), std::nullopt};
  if (timeout) call.deadline = std::chrono::steady_clock::now() + *timeout;
  return call;
}

Task<Result<std::string>> run_unary(
    http::Exchange& exchange, CallContext& call, Codec codec, std::size_t limit,
    const std::function<Task<Result<std::string>>(CallContext&, Codec, std::string)>& run) {
  CO_TRY(auto request, co_await read_unary(exchange, limit));
  co_return co_await run(call, codec, std::move(request));
}

Task<Result<void>> send_message(http::Exchange& exchange, std::string bytes) {
  auto envelope = make_envelope(0, bytes);
  co_return co_await exchange.write(envelope);
}

Task<void> end_stream(http::Exchange& exchange, const Result<void>& outcome) {
  auto last = make_envelope(kEndFlag, end_of_stream(outcome));
  auto written = co_await exchange.write(last);
  if (written) written = co_await exchange.finish();
  if (!written) exchange.abort();
}

}  // namespace

bool ConnectServer::handles(std::string_view path) const {
  std::string key(path);
  return unary_.contains(key) || streams_.contains(key);
}

Task<void> ConnectServer::serve(http::Exchange& exchange) {
  std::string path(exchange.request().path());
  if (auto it = unary_.find(path); it != unary_.end()) co_return co_await serve_unary(exchange, it->second);
  if (auto it = streams_.find(path); it != streams_.end())
    co_return co_await serve_stream(exchange, it->second);
  co_await exchange.respond({404, {}, {}});
}

Task<void> ConnectServer::serve_unary(http::Exchange& exchange, const Unary& method) {
  auto shape = shape_of(exchange.request(), Kind::unary, method.effects);
  if (!shape.codec) {
    co_await exchange.respond(std::move(shape.refusal));
    co_return;
  }
  std::string path(exchange.request().path());
  Result<std::string> answer;
  if (auto timeout = timeout_of(exchange.request(), options_.max_deadline)) {
    auto call = context_of(exchange, *timeout);
    auto run = run_unary(exchange, call, *shape.codec, options_.max_request_bytes, method.run);
    answer = co_await within(*timeout, path, std::move(run));
  } else {
    answer = fail(timeout.error());
  }
  if (!answer) log_failure(path, answer.error());
  http::Response response =
      answer ? http::Response{200,
                              {{"Content-Type", std::string(content_type_of(Kind::unary, *shape.codec))}},
                              std::move(*answer)}
             : error_response(answer.error());
  response.headers.set("Accept-Encoding", "gzip, identity");
  co_await exchange.respond(std::move(response));
}

Task<void> ConnectServer::serve_stream(http::Exchange& exchange, const Stream& method) {
  auto shape = shape_of(exchange.request(), Kind::stream, Effects::some);
  if (!shape.codec) {
    co_await exchange.respond(std::move(shape.refusal));
    co_return;
  }
  std::string path(exchange.request().path());
  auto timeout = timeout_of(exchange.request(), options_.max_deadline);
  auto request = co_await read_single_envelope(exchange, options_.max_request_bytes);
  auto started =
      co_await exchange.start({200,
                               {{"Content-Type", std::string(content_type_of(Kind::stream, *shape.codec))},
                                {"Connect-Accept-Encoding", "gzip, identity"}}});
  if (!started) co_return exchange.abort();
  Result<void> outcome;
  if (!timeout) outcome = fail(timeout.error());
  if (!request) outcome = fail(request.error());
  if (outcome) {
    auto call = context_of(exchange, *timeout);
    Handle send = [&exchange](std::string bytes) { return send_message(exchange, std::move(bytes)); };
    auto run = within(*timeout, path, method.run(call, *shape.codec, std::move(*request), std::move(send)));
    if (!co_await unless_disconnected(exchange, std::move(run), outcome)) co_return exchange.abort();
  }
  if (!outcome) log_failure(path, outcome.error());
  co_await end_stream(exchange, outcome);
}

}  // namespace sandbar::rpc
