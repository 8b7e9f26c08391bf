// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/http/tls.h"

namespace sandbar::agent {

// Who this host is towards other hosts. Replaced as a whole when the credentials are renewed.
struct PeerIdentity {
  HostId id = {};
  std::string authority_pem = {};  // of control: whom it signed is a host, what it signed is a grant
  http::TlsContextPtr client_tls = nullptr;  // shows our certificate
  Secret control_token = {};                 // for what must go through control
};

}  // namespace sandbar::agent
