// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/secrets.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/config.h"

namespace sandbar::control {

// What must be there before anything can be served.
struct Setup {
  access::Keys keys;
  authority::AuthorityPtr authority;
  http::TlsContextPtr agent_tls;
};

// Derives the keys, waits for the database, brings it to this program's schema and opens the authority.
Result<Setup> set_up(const Config& config);

// Runs a task on an event loop of its own until it is done.
template <class T>
Result<T> run_alone(std::function<Task<Result<T>>(Executor)> make);

}  // namespace sandbar::control
