// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/http/request_metrics.h"
#include "sandbar/http/router.h"

// What happens to every request, in this order:
//   request id    taken from X-Request-Id or made; in the answer, in every log line, in every error body
//   match         404, or 405 with Allow
//   origin        a browser of another site may not open a WebSocket
//   admit         the Gate says who calls; nothing but the head has been read so far. A WebSocket without
//   credentials is
//                 opened first, and its first message must be {"type":"auth","token":…} within five seconds
//   read          a JSON body, bounded, with its media type
//   replay        an Idempotency-Key that was answered before gets the same answer
//   run           the handler
//   answer        value or error as JSON; exceptions become internal_error
//   account       one log line, one count
// It is one of the three places that catch exceptions.

namespace sandbar::http {

// Which requests get a log line of their own; a failed one always does.
enum class AccessLog { all, changes, none };
BOOST_DESCRIBE_ENUM(AccessLog, all, changes, none)

struct PipelineOptions {
  std::size_t max_json_body = 1 << 20;
  std::chrono::milliseconds socket_auth_timeout{5'000};
  AccessLog access_log = AccessLog::changes;
  std::vector<std::string> allowed_origins;  // besides the request's own host
};

// Answers of creating requests, kept by the caller's Idempotency-Key.
class Idempotency {
 public:
  virtual ~Idempotency() = default;
  // The stored answer; or nothing, and then the caller runs the request and calls end(). conflict while the
  // first one still runs, invalid_request if the key came with another request.
  virtual Task<Result<std::optional<Answer>>> begin(Call& call, std::string key) = 0;
  // nullptr: it failed, and may be tried again.
  virtual Task<void> end(Call& call, std::string key, const Answer* answer) = 0;
};

class Pipeline {
 public:
  // All must outlive the pipeline; `idempotency` may be absent.
  Pipeline(const Router& router, Gate& gate, RequestMetrics& metrics, PipelineOptions options,
           Idempotency* idempotency = nullptr);

  Task<void> serve(Exchange& exchange);

 private:
  struct Trace;

  Task<void> run_guarded(Trace& trace);
  Task<Result<Answer>> run(Trace& trace);
  Result<const Router::Bound*> match(Trace& trace) const;
  Result<void> check_socket(const RequestHead& request, const Route& route) const;
  Task<Result<CallPtr>> admit(Trace& trace, const Route& route);
  Task<Result<CallPtr>> admit_by_first_message(Trace& trace, CallParts parts);
  Task<Result<void>> read_body(Call& call) const;
  Task<Result<Answer>> run_once(Call& call, const Router::Bound& bound);
  Task<void> answer(Trace& trace);
  Task<void> answer_socket(Trace& trace, WebSocket& socket);
  Response response_of(Trace& trace) const;
  void account(const Trace& trace) const;
  std::string next_request_id();

  const Router& router_;
  Gate& gate_;
  RequestMetrics& metrics_;
  PipelineOptions options_;
  Idempotency* idempotency_;
  std::uint64_t next_id_;
};

}  // namespace sandbar::http
