// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "sandbar/async/task.h"
#include "sandbar/http/client.h"

namespace sandbar::http {

struct WebSocketMessage {
  bool text = true;  // else binary
  std::string data;
};

// Both ends of a WebSocket (RFC 6455). One reader and one writer at a time each; messages are at most 1 MiB.
// Pings go out every 20 s; a peer that answers none for 60 s is dropped.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Errc::canceled once the peer has closed properly; any other error is a broken connection. A read may be
  // cancelled (with_timeout) without loss; a cancelled write drops the connection.
  virtual Task<Result<WebSocketMessage>> read() = 0;
  virtual Task<Result<void>> write(WebSocketMessage message) = 0;
  // 1000 normal, 1001 going away, 1008 policy, 1011 internal error.
  virtual Task<void> close(std::uint16_t code, std::string reason) = 0;
  // Drops the connection at once; pending calls end with an error.
  virtual void abort() = 0;
};

using WebSocketPtr = std::unique_ptr<WebSocket>;

// Client side: ws:// or wss:// is decided by `client`'s endpoint.
Task<Result<WebSocketPtr>> connect_websocket(Endpoint endpoint, RequestHead upgrade);

}  // namespace sandbar::http
