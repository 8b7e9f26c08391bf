// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/secret.h"
#include "sandbar/cli/up/layout.h"
#include "sandbar/cli/up/tool.h"

// The first platform admin, and the credentials that `up` itself uses: admin.json, 0600, made once.

namespace sandbar::cli {

struct FirstAdmin {
  Admin admin;
  bool fresh = false;  // made just now: its registration token is still good
};

// Runs `bootstrap` (sandbar-control with its environment and identity) unless admin.json is there already.
Task<Result<FirstAdmin>> ensure_admin(const Layout& layout, Tool bootstrap);
Result<Admin> load_admin(const Layout& layout);

// A registration token for the host of this machine: the one of `first` while it is fresh, else a new one.
Task<Result<std::string>> registration_token(Executor executor, std::string url, FirstAdmin first);
// A session of the admin; an error when the password has been changed meanwhile.
Task<Result<Secret>> admin_session(Executor executor, std::string url, Admin admin);

}  // namespace sandbar::cli
