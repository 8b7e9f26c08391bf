// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/server.h"

// Browsers may call the guest from any page: it is the access token that protects it, not the origin.

namespace sandbar::guest {

bool is_preflight(const http::RequestHead& request);
http::Response preflight_response();

// An exchange whose answer carries the CORS headers; everything else is passed on.
class CorsExchange final : public http::Exchange {
 public:
  explicit CorsExchange(http::Exchange& inner) : inner_(inner) {}
  const http::RequestHead& request() const override { return inner_.request(); }
  std::string peer_address() const override { return inner_.peer_address(); }
  std::string peer_certificate() const override { return inner_.peer_certificate(); }
  bool is_websocket() const override { return inner_.is_websocket(); }
  Executor executor() override { return inner_.executor(); }
  Task<Result<std::size_t>> read_some(std::span<char> into) override { return inner_.read_some(into); }
  Task<Result<void>> respond(http::Response response) override;
  Task<Result<void>> start(http::ResponseHead head) override;
  Task<Result<void>> write(std::string_view bytes) override { return inner_.write(bytes); }
  Task<Result<void>> finish() override { return inner_.finish(); }
  void abort() override { inner_.abort(); }
  Task<void> disconnected() override { return inner_.disconnected(); }
  Task<Result<http::WebSocketPtr>> accept_websocket(http::Headers extra) override {
    return inner_.accept_websocket(std::move(extra));
  }
  Task<Result<http::ByteStreamPtr>> take_over(http::ResponseHead head) override {
    return inner_.take_over(std::move(head));
  }
  int status() const override { return inner_.status(); }

 private:
  http::Exchange& inner_;
};

}  // namespace sandbar::guest
