// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/websocket.h"
#include "sandbar/json/encode.h"

// What the WebSockets of a sandbox have in common: text frames are JSON objects with a "type", binary frames
// are one byte of channel and then bytes.

namespace sandbar::control::guests {

enum class Channel : char { input = 0, standard_output = 1, standard_error = 2, terminal = 3 };

template <class T>
Task<Result<void>> send_json(http::WebSocket& socket, T frame) {
  return socket.write({true, json::encode(frame)});
}

inline Task<Result<void>> send_bytes(http::WebSocket& socket, Channel channel, std::string_view bytes) {
  std::string data;
  data.reserve(bytes.size() + 1);
  data += static_cast<char>(channel);
  data += bytes;
  return socket.write({false, std::move(data)});
}

// Reads and drops frames until the client has closed the socket or is gone.
Task<Result<void>> until_closed(http::WebSocket& socket);

}  // namespace sandbar::control::guests
