// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/oauth/providers.h"
#include "sandbar/control/users/service.h"

// Signing in through another provider, and connecting one to an account. A visit is bound to the browser that
// began it by a cookie, and to the provider that it went to; a visitor comes back once. No token stands in
// any address: the page gets a code that works once, for a minute, in that browser, and exchanges it.

namespace sandbar::control::oauth {

struct Start {
  std::string url;     // where the visitor has to go
  std::string cookie;  // value of the browser's proof
};

// What the provider sends the visitor back with.
struct Return {
  std::string state, code, error;
  std::string cookie;
};

class OAuthService {
 public:
  struct Parts {
    pg::Database& database;
    const access::Keys& keys;
    const Clock& clock;
    access::RateLimiter& limiter;
    sessions::SessionService& sessions;
    users::UsersService& users;
    OAuthOptions options;
  };
  explicit OAuthService(Parts parts)
      : parts_(std::move(parts)), providers_(parts_.keys, parts_.clock, parts_.options) {}

  // provider_not_found for one that is not offered.
  Result<Provider> provider_of(std::string_view name) const;
  // With a session: to connect an identity to its account.
  Task<Result<Start>> start(Provider provider, std::optional<SessionId> session);
  // The page to go on with: it gets `code`, `connected` or `error`.
  Task<std::string> finish(Provider provider, Return visitor, access::Client client);
  // invalid_token unless it is a code of this browser.
  Task<Result<users::SignIn>> exchange(std::string code, std::string cookie, access::Client client);

  const Parts& parts() const { return parts_; }
  const OAuthOptions& options() const { return parts_.options; }
  access::RateLimiter& limiter() { return parts_.limiter; }

 private:
  std::string cookie_of(Provider provider, const std::string& state) const;
  // The state in a cookie that we made for that provider.
  std::optional<std::string> state_in(std::string_view cookie, Provider provider) const;
  Task<Result<std::string>> finish_or_fail(Provider provider, Return visitor, access::Client client);
  Task<Result<std::string>> admit_in(users::Identity identity, std::string state_hash, access::Client client,
                                     pg::Transaction& tx);
  Task<Result<std::string>> connect_in(users::Identity identity, SessionId session, access::Client client,
                                       pg::Transaction& tx);
  Task<Result<users::SignIn>> exchange_in(std::string code_hash, std::string state_hash,
                                          access::Client client, pg::Transaction& tx);

  Parts parts_;
  Providers providers_;
};

}  // namespace sandbar::control::oauth
