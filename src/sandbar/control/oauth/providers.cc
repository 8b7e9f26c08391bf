// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/providers.h"

#include "sandbar/base/strings.h"

namespace sandbar::control::oauth {

Visit Providers::visit(Provider provider, std::string state) const {
  auto derived = [&](std::string_view what) {
    return to_base64url(access::hmac_sha256(keys_.oauth.reveal(), fmt::format("{} {}", what, state)));
  };
  auto redirect = fmt::format("{}/v1/auth/oauth/{}/callback", options_.public_url, enum_name(provider));
  return {state, derived("nonce"), derived("verifier"), std::move(redirect)};
}

Task<Result<std::string>> Providers::authorize_url(Provider provider, Visit visit) {
  if (provider == Provider::github) co_return github_url(visit);
  co_return co_await oidc_url(std::move(visit));
}

Task<Result<users::Identity>> Providers::identify(Provider provider, Visit visit, std::string code) {
  if (provider == Provider::github) return identify_at_github(std::move(visit), std::move(code));
  return identify_at_oidc(std::move(visit), std::move(code));
}

}  // namespace sandbar::control::oauth
