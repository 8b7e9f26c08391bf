// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/http/server.h"

namespace sandbar::http {

// Common name of the certificate that the client showed under mutual TLS: what the authority called it, and
// so what it is. Empty without TLS, and for an Exchange that a test made.
std::string peer_name(const Exchange& exchange);

}  // namespace sandbar::http
