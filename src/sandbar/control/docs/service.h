// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The page on which the API's document can be read and tried: three files that are part of the program. It
// loads nothing from anywhere else.

namespace sandbar::control::docs {

class DocsService {
 public:
  std::string_view html() const;
  std::string_view script() const;
  std::string_view style() const;
};

}  // namespace sandbar::control::docs
