// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>

namespace sandbar::http {

// What an API key may be made for: `read` is whatever changes nothing, the others everything of their kind.
enum class KeyScope { read, sandboxes, templates, hosts };
BOOST_DESCRIBE_ENUM(KeyScope, read, sandboxes, templates, hosts)

// What an API key needs for a row: the scope `area`, or `read` if the row changes nothing.
struct KeyNeed {
  KeyScope area = KeyScope::sandboxes;
  bool is_read = false;
};

}  // namespace sandbar::http
