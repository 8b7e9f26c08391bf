// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/guest/entry.h"

// Operations on directory trees that may take long: called on a BlockingPool's thread. They use nothing but
// their arguments, so each gets its own Accounts.

namespace sandbar::guest {

inline constexpr std::size_t kMaxListed = 100'000;
inline constexpr unsigned kMaxDepth = 256;

// Pre-order, sorted by name in each directory; paths are below `path` as given, even through a link. Links
// inside are not followed.
Result<std::vector<Entry>> list_tree(const std::string& path, unsigned depth, Accounts accounts);
// rm -rf: a path that is not there is success. "/" is refused.
Result<void> remove_tree(const std::string& path);
// mkdir -p; what is made belongs to `owner`. already_exists for a directory, invalid_request for another
// file.
Result<void> make_directory(const std::string& path, const User& owner);
// The same, but happy with an existing directory (or a link to one).
Result<void> ensure_directory(const std::string& path, const User& owner);
// rename(2), with the destination's parents made as for make_directory().
Result<void> move_path(const std::string& from, const std::string& to, const User& owner);

}  // namespace sandbar::guest
