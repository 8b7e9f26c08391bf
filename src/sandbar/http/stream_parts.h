// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/http/stream.h"

namespace sandbar::http {

// A stream whose first bytes have been read already: they are read again, then everything goes to `stream`.
ByteStreamPtr prepend(std::string bytes, ByteStreamPtr stream);

}  // namespace sandbar::http
