// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/connect_client.h"

#include <array>

#include "sandbar/async/timer.h"
#include "sandbar/rpc/envelope.h"
#include "sandbar/rpc/wire_error.h"

namespace sandbar::rpc {
namespace {

using std::chrono::milliseconds;
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

constexpr std::size_t kMaxErrorBody = 64 * 1024;
constexpr std::int64_t kMaxTimeoutMs = 9'999'999'999;

http::RequestHead head_of(const std::string& path, const CallOptions& options,
                          std::string_view content_type) {
  http::RequestHead head{"POST", options.path_prefix + path, options.headers};
  head.headers.set("Content-Type", content_type);
  head.headers.set("Connect-Protocol-Version", "1");
  if (options.timeout)
    head.headers.set("Connect-Timeout-Ms",
                     std::to_string(std::clamp<std::int64_t>(options.timeout->count(), 0, kMaxTimeoutMs)));
  return head;
}

template <class T>
Task<Result<T>> until(Deadline deadline, std::string path, Task<Result<T>> task) {
  if (!deadline) co_return co_await std::move(task);
  auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
  co_return co_await with_timeout(std::max(left, milliseconds(0)), std::move(path), std::move(task));
}

Deadline deadline_of(const CallOptions& options) {
  if (!options.timeout) return std::nullopt;
  return std::chrono::steady_clock::now() + *options.timeout;
}

bool has_type(const http::ResponseHead& head, std::string_view wanted) {
  auto type = head.headers.get("Content-Type");
  return type.substr(0, type.find(';')) == wanted;
}

Task<Error> read_error(http::ClientResponse& response) {
  auto body = co_await response.read_all(kMaxErrorBody);
  co_return error_of_response(response.head(), body ? *body : std::string());
}

Error wrong_type(const http::ResponseHead& head) {
  return bad_answer({Errc::unknown, fmt::format("content type \"{}\"", head.headers.get("Content-Type"))});
}

Task<Result<std::string>> run_unary(http::Client& http, http::RequestHead head, std::string request,
                                    std::size_t limit) {
  std::string type(head.headers.get("Content-Type"));
  CO_TRY(auto response, co_await http.send(std::move(head), std::move(request)));
  if (response->head().status != 200) {
    auto error = co_await read_error(*response);
    co_return fail(std::move(error));
  }
  if (!has_type(response->head(), type)) co_return fail(wrong_type(response->head()));
  co_return co_await response->read_all(limit);
}

class ResponseStream final : public RawStream {
 public:
  ResponseStream(http::ClientResponsePtr response, std::string path, Deadline deadline, std::size_t limit)
      : response_(std::move(response)), path_(std::move(path)), deadline_(deadline), reader_(limit) {}

  Task<Result<std::optional<std::string>>> next() override {
    if (ended_) co_return std::nullopt;
    auto message = co_await until(deadline_, path_, read());
    if (!message || !*message) ended_ = true;
    co_return message;
  }

 private:
  Task<Result<std::optional<std::string>>> read() {
    CO_TRY(auto envelope, co_await read_envelope());
    if (envelope.flags & kCompressedFlag)
      co_return fail(bad_answer({Errc::unknown, "compressed without being asked"}));
    if ((envelope.flags & kEndFlag) == 0) co_return std::move(envelope.bytes);
    // The rest is read so that the connection can be used again.
    CO_TRY_VOID(co_await response_->read_all(0));
    if (auto error = error_of_end_of_stream(envelope.bytes)) co_return fail(std::move(*error));
    co_return std::nullopt;
  }

  Task<Result<Envelope>> read_envelope() {
    for (;;) {
      CO_TRY(auto envelope, understood(reader_.next()));
      if (envelope) co_return std::move(*envelope);
      CO_TRY(auto count, co_await response_->read_some(piece_));
      if (count == 0) co_return fail(Error{Errc::unavailable, "the stream broke off"});
      reader_.feed({piece_.data(), count});
    }
  }

  http::ClientResponsePtr response_;
  std::string path_;
  Deadline deadline_;
  EnvelopeReader reader_;
  std::array<char, 16 * 1024> piece_;
  bool ended_ = false;
};

Task<Result<http::ClientResponsePtr>> run_stream(http::Client& http, http::RequestHead head,
                                                 std::string request) {
  std::string type(head.headers.get("Content-Type"));
  auto body = make_envelope(0, request);
  CO_TRY(auto response, co_await http.send(std::move(head), std::move(body)));
  if (response->head().status != 200) {
    auto error = co_await read_error(*response);
    co_return fail(std::move(error));
  }
  if (!has_type(response->head(), type)) co_return fail(wrong_type(response->head()));
  co_return response;
}

}  // namespace

Error bad_answer(Error problem) {
  return {Errc::agent_error, "the answer cannot be understood",
          problem.detail.empty() ? std::move(problem.message) : std::move(problem.detail)};
}

Task<Result<std::string>> ConnectClient::call(std::string path, std::string request, CallOptions options) {
  auto head = head_of(path, options, options.codec == Codec::json ? "application/json" : "application/proto");
  auto run = run_unary(http_, std::move(head), std::move(request), options.max_response_bytes);
  co_return co_await until(deadline_of(options), std::move(path), std::move(run));
}

Task<Result<std::unique_ptr<RawStream>>> ConnectClient::open(std::string path, std::string request,
                                                             CallOptions options) {
  auto deadline = deadline_of(options);
  auto head = head_of(
      path, options, options.codec == Codec::json ? "application/connect+json" : "application/connect+proto");
  auto run = run_stream(http_, std::move(head), std::move(request));
  CO_TRY(auto response, co_await until(deadline, path, std::move(run)));
  co_return std::make_unique<ResponseStream>(std::move(response), std::move(path), deadline,
                                             options.max_response_bytes);
}

}  // namespace sandbar::rpc
