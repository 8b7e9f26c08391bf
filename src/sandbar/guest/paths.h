// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// Paths as clients write them. All of them become absolute and lexically clean; symbolic links are left
// alone.

namespace sandbar::guest {

// "/a//b/../c/" to "/a/c". The path must be absolute.
std::string clean_path(std::string_view path);
// Empty is `workdir` (or `home`, if that is empty); "~" and "~/x" are in `home`, as is every relative path.
// invalid_request for a path with a NUL byte or of more than 4096 bytes.
Result<std::string> resolve_path(std::string_view path, std::string_view home, std::string_view workdir);
std::string_view parent_of(std::string_view clean);     // "/" for "/" and "/x"
std::string_view base_name_of(std::string_view clean);  // "/" for "/"

}  // namespace sandbar::guest
