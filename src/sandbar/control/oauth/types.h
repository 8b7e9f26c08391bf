// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/control/access/rate_limiter.h"

namespace sandbar::control::oauth {

// Who else can say who somebody is. oidc is whatever speaks OpenID Connect.
enum class Provider { github, oidc };
BOOST_DESCRIBE_ENUM(Provider, github, oidc)

struct OAuthOptions {
  std::string github_client_id;  // empty: not offered
  Secret github_client_secret;
  std::string github_url, github_api_url;

  std::string oidc_issuer;  // empty: not offered
  std::string oidc_client_id;
  Secret oidc_client_secret;
  std::string oidc_scopes, oidc_name;

  std::string public_url, dashboard_url;
  std::chrono::milliseconds flow_lifetime{std::chrono::minutes(10)};
  std::chrono::milliseconds code_lifetime{std::chrono::minutes(1)};
  access::RateLimit visits{60, 60};

  bool offers(Provider provider) const {
    return !(provider == Provider::github ? github_client_id : oidc_issuer).empty();
  }
  bool is_secure() const { return public_url.starts_with("https://"); }
};

// One visit to a provider. Nonce and verifier are derived from the state, so they are stored nowhere.
struct Visit {
  std::string state, nonce, verifier, redirect_uri;
};

}  // namespace sandbar::control::oauth
