// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/guest/session.h"

namespace sandbar::guest {

// How the program was asked to run. PID 1 without --plain is a virtual machine's: no other argument counts
// then.
struct Options {
  bool plain = false;               // an ordinary process that leaves the machine alone
  std::vector<std::string> listen;  // as http::Server takes them
  std::string root;                 // every user's home; absolute
  std::string user;                 // default user
  std::string token;
  bool warm_up = false;
  std::string print;  // not empty: print this and end

  Session session() const;
};

Result<Options> parse_options(const std::vector<std::string>& arguments, bool is_init);

}  // namespace sandbar::guest
