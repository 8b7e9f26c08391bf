// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/result.h"

namespace sandbar::rpc {

// At most `limit` bytes come out: a small request cannot fill the memory. invalid_request for what is not
// gzip.
Result<std::string> gunzip(std::string_view bytes, std::size_t limit);
std::string gzip(std::string_view bytes);

}  // namespace sandbar::rpc
