// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/http/websocket.h"

namespace sandbar::http {

struct WebSocketLimits {
  std::chrono::milliseconds ping_every{20'000};
  std::chrono::milliseconds patience{60'000};  // without a byte from the peer, or without it taking one
  std::chrono::milliseconds handshake{30'000};
  std::chrono::milliseconds close{5'000};
};

// Answers an upgrade request that was read already; `status` becomes what the client was told.
Task<Result<WebSocketPtr>> accept_websocket_on(ByteStreamPtr stream, RequestHead request, Headers extra,
                                               int& status, WebSocketLimits limits = {});
Task<Result<WebSocketPtr>> connect_websocket_with(Endpoint endpoint, RequestHead upgrade,
                                                  WebSocketLimits limits);

}  // namespace sandbar::http
