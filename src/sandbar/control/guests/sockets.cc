// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/guests/sockets.h"

namespace sandbar::control::guests {

Task<Result<void>> until_closed(http::WebSocket& socket) {
  for (;;)
    if (auto message = co_await socket.read(); !message) co_return Result<void>{};
}

}  // namespace sandbar::control::guests
