// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/filesystem_service.h"
#include "sandbar/http/server.h"

namespace sandbar::guest {

// GET /files: a regular file of any size, in pieces of 128 KiB.
Task<void> download_file(http::Exchange& exchange, Session& session, LazyPool& pool);

}  // namespace sandbar::guest
