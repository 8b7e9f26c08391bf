// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>

#include "sandbar/base/clock.h"
#include "sandbar/base/result.h"

// ID tokens of OpenID Connect: who somebody is, signed by the provider.

namespace sandbar::control::oauth {

struct Expected {
  std::string issuer, client_id, nonce;
};

// The "kid" that a token's header names; empty if it names none.
std::string key_id_of(std::string_view token);

// The claims, once a key of the set has signed them (RS256 or ES256, nothing else) and issuer, audience,
// nonce and times are as they must be. unauthorized; `detail` says why.
Result<boost::json::object> read_id_token(std::string_view token, const boost::json::value& key_set,
                                          const Expected& expected, Time now);

}  // namespace sandbar::control::oauth
