// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/terminals/api.h"
#include "sandbar/control/terminals/session.h"

// A session spoken over a WebSocket. Text frames of the client: close_stdin, signal {signal}, stop (=
// SIGTERM) and resize {cols, rows}; its binary frames are input. Ours: started, binary output, exit. Only one
// conversation task writes.

namespace sandbar::control::terminals {

// The client's first frame, which says what to start or attach to; invalid_request if none comes within 30 s.
Task<Result<ClientFrame>> read_first_frame(http::WebSocket& socket);

// Until the process has ended (the exit frame has been sent then) or the client has gone (the process goes
// on).
Task<Result<void>> converse(Session& session, http::WebSocket& socket, std::optional<std::string> tag);

Result<Signal> signal_of(std::string_view name);

}  // namespace sandbar::control::terminals
