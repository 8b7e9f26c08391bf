// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// Text that people chose, in one form: two names that look the same are the same bytes, and lengths count
// what people count.

namespace sandbar::control::access {

// Unicode's composed form (NFC) without white space around it. Text that is not UTF-8 comes back as it is.
std::string normal_text(std::string_view text);
// UTF-8, no control characters, line separators or unassigned code points, at most `max` code points, and at
// least one that can be seen.
bool is_plain_text(std::string_view text, std::size_t max);
// At most `max` code points of it; the text must be UTF-8.
std::string shortened(std::string_view text, std::size_t max);

}  // namespace sandbar::control::access
