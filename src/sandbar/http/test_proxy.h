// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/async/event.h"
#include "sandbar/http/forward.h"
#include "sandbar/http/test_support.h"

// A proxy in front of a server, for tests of what passes through it.

namespace sandbar::http::test {

inline Task<void> pass(Exchange& exchange, Client& client, Headers extra) {
  const auto& request = exchange.request();
  RequestHead head{request.method, request.target, end_to_end(request.headers)};
  for (const auto& [name, value] : extra.entries()) head.headers.set(name, value);
  Forwarding forwarding(exchange, [](ResponseHead&) { return true; });
  auto outcome = co_await forwarding.run(client, std::move(head));
  if (outcome == Forwarded::unreachable && exchange.status() == 0) {
    (void)co_await exchange.respond({502, {}, "nobody there"});
  } else if (outcome == Forwarded::whole) {
    if (!co_await forwarding.finish()) exchange.abort();
  } else if (outcome != Forwarded::upgraded) {
    exchange.abort();
  }
}

struct Proxied {
  Proxied(Executor e, Handler handler, ServerLimits limits = {})
      : inner(e, std::move(handler)),
        outer(e, [this](Exchange& exchange) { return pass(exchange, *inner.client, {}); }, limits) {}
  Site inner, outer;
};

// A server that says the same bytes to everybody and closes.
struct Parrot {
  Parrot(Executor e, std::string text) : executor(e), says(std::move(text)) {}

  Endpoint endpoint() {
    return {[this] { return dial(*this); }, "parrot"};
  }
  static Task<Result<ByteStreamPtr>> dial(Parrot& parrot);

  Executor executor;
  std::string says, heard;
};

class ParrotStream final : public ByteStream {
 public:
  explicit ParrotStream(Parrot& parrot) : parrot_(parrot), changed_(parrot.executor), left_(parrot.says) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    while (!parrot_.heard.contains("\r\n\r\n")) co_await changed_.wait();
    auto n = left_.copy(into.data(), into.size());
    left_.erase(0, n);
    co_return n;
  }
  Task<Result<std::size_t>> write_some(std::string_view bytes) override {
    parrot_.heard += bytes;
    changed_.notify_all();
    co_return bytes.size();
  }
  Task<void> shut_down() override { co_return; }
  void close() override {}
  Executor executor() override { return parrot_.executor; }

 private:
  Parrot& parrot_;
  Event changed_;
  std::string left_;
};

inline Task<Result<ByteStreamPtr>> Parrot::dial(Parrot& parrot) {
  co_return std::make_unique<ParrotStream>(parrot);
}

}  // namespace sandbar::http::test
