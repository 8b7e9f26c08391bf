// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/secrets.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/config.h"
#include "sandbar/control/webhooks/courier.h"

namespace sandbar::control {

// What must be there before anything can be served.
struct Setup {
  access::Keys keys;
  authority::AuthorityPtr authority;
  http::TlsContextPtr agent_tls;
  std::shared_ptr<const webhooks::Courier> courier;
};

// Derives the keys, waits for the database, brings it to this program's schema, and opens the authority.
Task<Result<Setup>> set_up(const Config& config);
pg::DatabaseOptions database_options(const Config& config);
webhooks::Settings webhook_settings(const Config& config);

}  // namespace sandbar::control
