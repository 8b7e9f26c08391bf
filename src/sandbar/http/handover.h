// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/server.h"
#include "sandbar/http/stream.h"

// Connections that change hands: between threads, and from the side that made them to a server.

namespace sandbar::http {

// Gives up a plain socket's descriptor, which then belongs to the caller and may be adopted on another
// thread; -1, and the stream goes on, if there is none or if bytes that were read already would be lost.
int release_socket(ByteStream& stream);
// Lets the kernel find out within half a minute that an idle connection is dead, and keeps the state of
// routers between the two ends alive.
void keep_alive(int fd);
// The bytes are read again, then everything goes to `stream`.
ByteStreamPtr prepend(std::string bytes, ByteStreamPtr stream);
// Serves a connection that was made by other means, TLS handshake included.
void serve_stream(Server& server, ByteStreamPtr stream);

}  // namespace sandbar::http
