// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/tokens.h"

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/json/encode.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kMaxToken = 4096;

struct HostClaims {
  HostId sub, host_id;
  std::string typ;
  std::int64_t iat = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(HostClaims, (), (sub, host_id, typ, iat, exp))

// Only we make these tokens, so their first part is always this; "alg":"none" and its like never get any
// further.
const std::string& header() {
  static const auto text = to_base64url(R"({"alg":"HS256","typ":"JWT"})");
  return text;
}

Error bad_token() { return {Errc::unauthorized, "the token is not valid, or not any more"}; }

template <class Claims>
std::string write(const Hmac& hmac, const Claims& claims) {
  auto text = header() + "." + to_base64url(json::encode(claims));
  return text + "." + to_base64url(hmac.sign(text));
}

template <class Claims>
Result<Claims> read(const Hmac& hmac, std::string_view token, std::int64_t now) {
  auto payload_at = header().size() + 1;
  auto signature_at = token.rfind('.');
  if (token.size() > kMaxToken || !token.starts_with(header()) || signature_at == token.npos ||
      signature_at <= payload_at)
    return fail(bad_token());
  auto signature = from_base64url(token.substr(signature_at + 1));
  if (!signature || !equal_secrets(*signature, hmac.sign(token.substr(0, signature_at))))
    return fail(bad_token());
  auto payload = from_base64url(token.substr(payload_at, signature_at - payload_at));
  auto claims = payload ? json::decode_text<Claims>(*payload) : fail(bad_token());
  if (!claims || claims->exp <= now) return fail(bad_token());
  return claims;
}

}  // namespace

std::int64_t Tokens::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
}

std::string Tokens::issue(UserClaims claims) const {
  claims.iat = now();
  claims.exp = claims.iat + std::chrono::ceil<std::chrono::seconds>(user_lifetime_).count();
  return write(users_, claims);
}

std::string Tokens::issue(HostId host, std::chrono::milliseconds lifetime) const {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(lifetime);
  return write(hosts_, HostClaims{host, host, "host", now(), now() + seconds.count()});
}

Result<UserClaims> Tokens::read_user(std::string_view token) const {
  return read<UserClaims>(users_, token, now());
}

Result<HostId> Tokens::read_host(std::string_view token) const {
  TRY(auto claims, read<HostClaims>(hosts_, token, now()));
  return claims.host_id;
}

}  // namespace sandbar::control::access
