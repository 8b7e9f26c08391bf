// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/http/tls.h"

// For requests to servers on the internet whose address somebody else chose: names are resolved first, so
// that the addresses can be looked at, and then one of exactly these is connected to.

namespace sandbar::http {

// As text, in the order of the answer; a literal address is its own. unavailable for a name without any.
Task<Result<std::vector<std::string>>> resolve_addresses(std::string host);

// Trusts `ca_pem`, or the system's authorities when empty. Unlike between our own programs TLS 1.2 will do.
Result<TlsContextPtr> make_outgoing_tls(std::string ca_pem);

}  // namespace sandbar::http
