// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/filesystem_service.h"
#include "sandbar/http/server.h"

namespace sandbar::guest {

// POST /files: multipart/form-data or application/octet-stream, either of them gzipped, of any size.
Task<void> upload_files(http::Exchange& exchange, Session& session, LazyPool& pool);
// POST /files/compose: joins files into one and removes them.
Task<void> compose_files(http::Exchange& exchange, Session& session, LazyPool& pool);

}  // namespace sandbar::guest
