// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/pipeline.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/http/error_body.h"
#include "sandbar/log/log.h"

namespace sandbar::http {
namespace {

constexpr std::size_t kMaxIdempotencyKey = 255;

struct AuthMessage {
  std::string type;
  std::string token;
};
BOOST_DESCRIBE_STRUCT(AuthMessage, (), (type, token))

struct ErrorFrame {
  std::string type = "error";
  std::string code;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(ErrorFrame, (), (type, code, message))

bool is_request_id(std::string_view text) {
  auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
}

// Of a WebSocket, whose address may carry a ticket.
bool has_credentials(const RequestHead& request) {
  return request.headers.has("Authorization") || request.headers.has("X-API-Key") ||
         request.query("ticket").has_value();
}

bool is_json(std::string_view content_type) {
  auto type = trim(content_type.substr(0, content_type.find(';')));
  return equals_ignore_case(type, "application/json");
}

bool is_api_key(std::string_view token) { return token.starts_with("sbk_") || token.starts_with("e2b_"); }

// "https://app.example.org:8443" to "app.example.org:8443".
std::string_view host_of_origin(std::string_view origin) {
  auto scheme = origin.find("://");
  return scheme == origin.npos ? origin : origin.substr(scheme + 3);
}

Error unauthorized_frame() {
  return Error{Errc::unauthorized, R"(the first message must be {"type":"auth","token":"…"})"};
}

log::Level level_of(Errc code) {
  switch (info_of(code).level) {
    case ErrorLevel::info:
      return log::Level::info;
    case ErrorLevel::warn:
      return log::Level::warn;
    case ErrorLevel::error:
      return log::Level::error;
  }
  return log::Level::error;
}

std::string error_body(const Error& error, const std::string& request_id,
                       const boost::json::object* details) {
  ErrorBody body{{std::string(info_of(error.code).name), error.message, request_id, {}}};
  if (!error.problems.empty()) body.error.problems = error.problems;
  auto text = json::encode(body);
  if (!details || details->empty()) return text;
  auto extra = boost::json::serialize(*details);
  text.replace(text.size() - 2, 2, "," + extra.substr(1) + "}");
  return text;
}

}  // namespace

struct Pipeline::Trace {
  Exchange& exchange;
  std::string request_id;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  const Router::Bound* bound = nullptr;
  std::array<std::string_view, kMaxHoles> holes{};
  std::string allow = {};  // for 405
  CallPtr call = {};
  WebSocketPtr early_socket = {};  // open, but nobody has been admitted over it
  Result<Answer> result = fail(Error{});
  int status = 0;
};

Pipeline::Pipeline(const Router& router, Gate& gate, RequestMetrics& metrics, PipelineOptions options,
                   Idempotency* idempotency)
    : router_(router),
      gate_(gate),
      metrics_(metrics),
      options_(std::move(options)),
      idempotency_(idempotency) {
  auto seed = random_bytes(sizeof next_id_);
  std::memcpy(&next_id_, seed.data(), sizeof next_id_);
}

std::string Pipeline::next_request_id() {
  next_id_ += 0x9e3779b97f4a7c15;  // odd: every id once before any comes again
  return fmt::format("req-{:016x}", next_id_);
}

Task<void> Pipeline::serve(Exchange& exchange) {
  auto given = exchange.request().headers.get("X-Request-Id");
  Trace trace{exchange, is_request_id(given) ? std::string(given) : next_request_id()};
  co_await run_guarded(trace);
  co_await answer(trace);
  account(trace);
}

Task<void> Pipeline::run_guarded(Trace& trace) {
  try {
    trace.result = co_await run(trace);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    trace.result = fail(internal_error(e.what()));
  } catch (const std::exception& e) {
    trace.result = fail(internal_error(e.what()));
  }
}

Task<Result<Answer>> Pipeline::run(Trace& trace) {
  CO_TRY(trace.bound, match(trace));
  const auto& route = *trace.bound->route;
  CO_TRY_VOID(check_socket(trace.exchange.request(), route));
  CO_TRY(trace.call, co_await admit(trace, route));
  CO_TRY_VOID(co_await read_body(*trace.call));
  co_return co_await run_once(*trace.call, *trace.bound);
}

Result<const Router::Bound*> Pipeline::match(Trace& trace) const {
  const auto& request = trace.exchange.request();
  auto match = router_.find(request.method, request.path());
  trace.holes = match.holes;
  if (match.bound) return match.bound;
  if (!match.path_known) return fail(Error{Errc::not_found, "there is no such path"});
  trace.allow = router_.allowed(request.path());
  return fail(Error{Errc::method_not_allowed, "this path allows " + trace.allow});
}

Result<void> Pipeline::check_socket(const RequestHead& request, const Route& route) const {
  if (route.answer != AnswerKind::socket) return {};
  auto origin = request.headers.get("Origin");
  if (origin.empty() || equals_ignore_case(host_of_origin(origin), request.headers.get("Host"))) return {};
  if (std::ranges::find(options_.allowed_origins, origin) != options_.allowed_origins.end()) return {};
  return fail(Error{Errc::forbidden, "this origin may not open a WebSocket here"});
}

Task<Result<CallPtr>> Pipeline::admit(Trace& trace, const Route& route) {
  CallParts parts{&trace.exchange, &route, trace.request_id, trace.holes};
  const auto& request = trace.exchange.request();
  if (route.answer == AnswerKind::socket) {
    if (!trace.exchange.is_websocket()) co_return fail(invalid_request("this path is a WebSocket"));
    if (route.access != Access::open && !has_credentials(request))
      co_return co_await admit_by_first_message(trace, std::move(parts));
  }
  co_return co_await gate_.admit(std::move(parts), request);
}

Task<Result<CallPtr>> Pipeline::admit_by_first_message(Trace& trace, CallParts parts) {
  CO_TRY(trace.early_socket, co_await trace.exchange.accept_websocket({{"X-Request-Id", trace.request_id}}));
  auto message =
      co_await with_timeout(options_.socket_auth_timeout, "first message", trace.early_socket->read());
  if (!message) co_return fail(unauthorized_frame());
  auto auth = json::decode_text<AuthMessage>(message->data);
  if (!message->text || !auth || auth->type != "auth") co_return fail(unauthorized_frame());
  auto credentials = trace.exchange.request();
  if (is_api_key(auth->token)) {
    credentials.headers.set("X-API-Key", auth->token);
  } else {
    credentials.headers.set("Authorization", "Bearer " + auth->token);
  }
  CO_TRY(auto call, co_await gate_.admit(std::move(parts), credentials));
  call->adopt_socket(std::move(trace.early_socket));
  co_return call;
}

Task<Result<void>> Pipeline::read_body(Call& call) const {
  if (call.route().body != BodyKind::json) co_return Result<void>{};
  auto type = call.request().headers.get("Content-Type");
  if (!type.empty() && !is_json(type))
    co_return fail(Error{Errc::unsupported_media_type, "the body must be application/json"});
  CO_TRY(call.body, co_await call.exchange().read_all(options_.max_json_body));
  co_return Result<void>{};
}

Task<Result<Answer>> Pipeline::run_once(Call& call, const Router::Bound& bound) {
  const auto& route = *bound.route;
  auto key = std::string(call.request().headers.get("Idempotency-Key"));
  if (!idempotency_ || key.empty() || route.answer != AnswerKind::created)
    co_return co_await route.run(bound.service, call);
  if (key.size() > kMaxIdempotencyKey) co_return fail(invalid_request("Idempotency-Key is too long"));
  CO_TRY(auto stored, co_await idempotency_->begin(call, key));
  if (stored) co_return *std::move(stored);
  auto result = co_await route.run(bound.service, call);
  co_await idempotency_->end(call, std::move(key), result ? &*result : nullptr);
  co_return result;
}

Task<void> Pipeline::answer(Trace& trace) {
  auto& exchange = trace.exchange;
  auto* socket = trace.call && trace.call->socket() ? trace.call->socket() : trace.early_socket.get();
  if (socket) {
    co_await answer_socket(trace, *socket);
  } else if (exchange.status() == 0) {
    co_await exchange.respond(response_of(trace));
  } else if (!trace.result) {
    exchange.abort();
  }
  trace.status = socket && !trace.result ? info_of(trace.result.error().code).http_status : exchange.status();
}

Task<void> Pipeline::answer_socket(Trace& trace, WebSocket& socket) {
  if (trace.result || trace.result.error().code == Errc::canceled) {
    co_await socket.close(1000, "");
    co_return;
  }
  const auto& error = trace.result.error();
  const auto& info = info_of(error.code);
  ErrorFrame frame{.code = std::string(info.name), .message = error.message};
  co_await socket.write({true, json::encode(frame)});
  co_await socket.close(info.http_status < 500 ? 1008 : 1011, std::string(info.name));
}

Response Pipeline::response_of(Trace& trace) const {
  Response out;
  if (trace.call) out.headers = std::move(trace.call->answer_headers);
  finish_headers(out.headers, trace.request_id);
  if (trace.result) {
    out.status = trace.result->status;
    if (!trace.result->content_type.empty()) out.headers.set("Content-Type", trace.result->content_type);
    out.body = std::move(trace.result->body);
    return out;
  }
  const auto& error = trace.result.error();
  out.status = info_of(error.code).http_status;
  out.headers.set("Content-Type", "application/json");
  if (!trace.allow.empty()) out.headers.set("Allow", trace.allow);
  if ((out.status == 429 || out.status == 503) && !out.headers.has("Retry-After"))
    out.headers.set("Retry-After", "1");
  out.body = error_body(error, trace.request_id, trace.call ? &trace.call->error_details : nullptr);
  return out;
}

void Pipeline::account(const Trace& trace) const {
  auto took = std::chrono::steady_clock::now() - trace.started;
  metrics_.count(trace.bound ? trace.bound->index : metrics_.unknown_route(), trace.status, took);
  const auto& request = trace.exchange.request();
  bool reads = request.method == "GET" || request.method == "HEAD";
  bool wanted =
      options_.access_log == AccessLog::all || (options_.access_log == AccessLog::changes && !reads);
  auto level =
      trace.result ? (wanted ? log::Level::info : log::Level::debug) : level_of(trace.result.error().code);
  if (level < log::level()) return;
  auto pattern = trace.bound ? trace.bound->route->path : std::string_view("*");
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  auto actor = trace.call ? trace.call->actor_label() : std::string();
  auto error = trace.result ? std::string() : log::describe(trace.result.error());
  log::write(level, "request",
             {{"method", request.method},
              {"route", pattern},
              {"status", trace.status},
              {"ms", ms},
              {"actor", actor},
              {"request", trace.request_id},
              {"error", error}});
}

}  // namespace sandbar::http
