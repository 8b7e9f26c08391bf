// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/base/result.h"

namespace sandbar::cli {

// A template definition as one text that needs no other file of this machine: what it includes, and the
// contents of its files, are written into it. Where two files give the same value the later one wins, as on
// the host. A file that is not here may be one of the host's, and stays named. invalid_request for a content
// that is no text.
Result<std::string> self_contained_definition(const std::string& path);

}  // namespace sandbar::cli
