// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/types.h"
#include "sandbar/http/client.h"
#include "sandbar/rpc/connect_client.h"

// Calls into the guest program of one running sandbox, through its host's data plane. What a guest answers is
// not trusted: messages are bounded, times are bounded, and its troubles come back as agent_error.

namespace sandbar::control::guests {

// An error of the guest or of the way to it, as a client of ours should hear it.
Error translate_guest_error(Error error);

template <class T>
Result<T> translated(Result<T> result) {
  if (!result) return fail(translate_guest_error(std::move(result).error()));
  return result;
}

// Messages of a guest's stream. Must not outlive its Guest.
template <class Message>
class GuestStream {
 public:
  explicit GuestStream(rpc::ClientStream<Message> stream) : stream_(std::move(stream)) {}
  // The next message, or nothing at the end.
  Task<Result<std::optional<Message>>> next() { co_return translated(co_await stream_.next()); }

 private:
  rpc::ClientStream<Message> stream_;
};

class Guest {
 public:
  // Calls act as `user`, or as the template's default user.
  Guest(sandboxes::GuestAccess access, std::optional<std::string> user);

  SandboxId sandbox() const { return access_.id; }

  // `method` is "/package.Service/Method".
  template <class Response, class Request>
  Task<Result<Response>> call(std::string method, Request request) {
    rpc::ConnectClient client(this->client());
    co_return translated(
        co_await client.unary<Response>(std::move(method), std::move(request), options(kCallLimit)));
  }
  // Without a limit the stream may last for ever. A guest ends a process at its limit.
  template <class Response, class Request>
  Task<Result<GuestStream<Response>>> stream(std::string method, Request request,
                                             std::optional<std::chrono::milliseconds> limit = std::nullopt) {
    rpc::ConnectClient client(this->client());
    auto stream =
        co_await client.server_stream<Response>(std::move(method), std::move(request), options(limit));
    if (!stream) co_return fail(translate_guest_error(std::move(stream).error()));
    co_return GuestStream<Response>(*std::move(stream));
  }

  // For plain HTTP: a request's head with the sandbox's prefix and credentials, and the client to send it
  // with.
  http::RequestHead request(std::string method, const std::string& path_and_query) const;
  http::Client& client() { return access_.agent->data_plane(); }
  const std::optional<std::string>& user() const { return user_; }

 private:
  static constexpr std::chrono::milliseconds kCallLimit{30'000};
  rpc::CallOptions options(std::optional<std::chrono::milliseconds> limit) const;

  sandboxes::GuestAccess access_;
  std::optional<std::string> user_;
};

// The error that a guest's answer other than 2xx stands for: {"code":404,"message":"…"}.
Error error_of_answer(int status, std::string_view body);

}  // namespace sandbar::control::guests
