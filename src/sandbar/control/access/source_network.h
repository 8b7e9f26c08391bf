// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sandbar::control::access {

// Whom a limit by address counts: an IPv4 address alone (also one that is written as IPv6), of IPv6 the /64,
// which is the least that a customer of a provider has to choose addresses from (RFC 6177). What is no
// address stays.
std::string source_network(const std::string& address);

}  // namespace sandbar::control::access
