// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/stream.h"

namespace sandbar::agent {

// A connection to the guest of a hollow VM: it says 204 to POST /init and 503 to every other request.
http::ByteStreamPtr make_hollow_guest(Executor executor);

}  // namespace sandbar::agent
