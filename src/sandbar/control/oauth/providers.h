// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>

#include "sandbar/async/task.h"
#include "sandbar/base/clock.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/oauth/types.h"
#include "sandbar/control/users/types.h"

// What is said to the other side: where to send a visitor, and who came back with a code. Belongs to one
// thread.

namespace sandbar::control::oauth {

class Providers {
 public:
  Providers(const access::Keys& keys, const Clock& clock, const OAuthOptions& options)
      : keys_(keys), clock_(clock), options_(options) {}

  Visit visit(Provider provider, std::string state) const;
  // Where the visitor has to go. agent_error if the provider cannot be asked.
  Task<Result<std::string>> authorize_url(Provider provider, Visit visit);
  // agent_error, unauthorized; forbidden if the provider vouches for no address.
  Task<Result<users::Identity>> identify(Provider provider, Visit visit, std::string code);

 private:
  std::string github_url(const Visit& visit) const;
  Task<Result<users::Identity>> identify_at_github(Visit visit, std::string code);
  Task<Result<std::string>> oidc_url(Visit visit);
  Task<Result<users::Identity>> identify_at_oidc(Visit visit, std::string code);
  Task<Result<boost::json::value>> oidc_token(Visit visit, std::string code);
  Task<Result<boost::json::object>> oidc_claims(Visit visit, std::string code);
  Task<Result<void>> discover();
  Task<Result<void>> fetch_keys();

  const access::Keys& keys_;
  const Clock& clock_;
  const OAuthOptions& options_;

  struct Discovered {
    boost::json::value document, keys;
    std::chrono::steady_clock::time_point at{}, keys_at{};
  };
  std::optional<Discovered> oidc_;
};

}  // namespace sandbar::control::oauth
