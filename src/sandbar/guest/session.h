// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sandbar/base/secret.h"
#include "sandbar/guest/accounts.h"
#include "sandbar/guest/command_cgroups.h"
#include "sandbar/http/message.h"

// Who this sandbox is and what its commands start with: set by options at the start and by POST /init later.
// One Session per guest, used from the event loop's thread only.

namespace sandbar::guest {

struct Session {
  Accounts accounts;
  std::map<std::string, std::string> env;  // of every command, below the request's own
  Secret access_token;                     // empty: nobody is asked
  std::string default_user;                // empty: the user that we run as
  std::string default_workdir;
  std::string home;              // overrides every user's home; for tests and the fake hypervisor
  bool virtual_machine = false;  // we are PID 1 and own clock, random generator, cgroup
  CommandCgroups cgroups;        // where commands start; none: where we are

  // The named user, or the default one for an empty name.
  Result<User> user(std::string_view name);
  // The user of a request's Basic credentials ("user:"), else the default one.
  Result<User> user_of(const http::RequestHead& request);
  Result<std::string> path(std::string_view path, const User& user) const;
  // "NAME=value" for a command of `user`: PATH, HOME, USER, LOGNAME, ours, then `extra`; the last one wins.
  std::vector<std::string> environment(const User& user,
                                       const std::map<std::string, std::string>& extra) const;
};

// Does `given` equal the token, taking the same time for every wrong one?
bool token_matches(const Secret& token, std::string_view given);

}  // namespace sandbar::guest
