// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/tokens.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/json/encode.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kMaxToken = 4096;
constexpr std::string_view kIssuer = "sandbar", kUsers = "users", kHosts = "hosts";

struct HostClaims {
  std::string iss, aud, jti;
  HostId sub, host_id;
  std::string typ;
  std::int64_t iat = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(HostClaims, (), (iss, aud, jti, sub, host_id, typ, iat, exp))

// Only we make these tokens, so their first part is always one of these; "alg":"none" and its like never get
// any further.
Tokens::Signer signer(const std::string& key_id, const Secret& key) {
  auto header = fmt::format(R"({{"alg":"HS256","kid":"{}","typ":"JWT"}})", key_id);
  return {to_base64url(header) + ".", Hmac(key)};
}

Error bad_token() { return {Errc::unauthorized, "the token is not valid, or not any more"}; }

template <class Claims>
std::string write(const Tokens::Signer& by, Claims claims, std::string_view audience) {
  claims.iss = kIssuer;
  claims.aud = audience;
  claims.jti = random_hex(12);
  auto text = by.header + to_base64url(json::encode(claims));
  return text + "." + to_base64url(by.hmac.sign(text));
}

template <class Claims>
Result<Claims> read(const std::vector<Tokens::Signer>& signers, std::string_view token,
                    std::string_view audience, std::int64_t now) {
  if (token.size() > kMaxToken) return fail(bad_token());
  auto by = std::ranges::find_if(signers, [&](const auto& one) { return token.starts_with(one.header); });
  auto signature_at = token.rfind('.');
  if (by == signers.end() || signature_at <= by->header.size()) return fail(bad_token());
  auto signature = from_base64url(token.substr(signature_at + 1));
  if (!signature || !equal_secrets(*signature, by->hmac.sign(token.substr(0, signature_at))))
    return fail(bad_token());
  auto payload = from_base64url(token.substr(by->header.size(), signature_at - by->header.size()));
  auto claims = payload ? json::decode_text<Claims>(*payload) : fail(bad_token());
  if (!claims || claims->iss != kIssuer || claims->aud != audience || claims->exp <= now)
    return fail(bad_token());
  return claims;
}

}  // namespace

Tokens::Tokens(const Keys& keys, const Clock& clock, std::chrono::milliseconds user_lifetime)
    : clock_(clock), user_lifetime_(user_lifetime) {
  for (const auto& pair : keys.tokens) {
    users_.push_back(signer(pair.id, pair.users));
    hosts_.push_back(signer(pair.id, pair.hosts));
  }
}

std::int64_t Tokens::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
}

std::string Tokens::issue(UserClaims claims) const {
  claims.iat = now();
  claims.exp = claims.iat + std::chrono::ceil<std::chrono::seconds>(user_lifetime_).count();
  return write(users_.front(), std::move(claims), kUsers);
}

std::string Tokens::issue(HostId host, std::chrono::milliseconds lifetime) const {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(lifetime);
  HostClaims claims{
      .sub = host, .host_id = host, .typ = "host", .iat = now(), .exp = now() + seconds.count()};
  return write(hosts_.front(), std::move(claims), kHosts);
}

Result<UserClaims> Tokens::read_user(std::string_view token) const {
  return read<UserClaims>(users_, token, kUsers, now());
}

Result<HostId> Tokens::read_host(std::string_view token) const {
  TRY(auto claims, read<HostClaims>(hosts_, token, kHosts, now()));
  return claims.host_id;
}

}  // namespace sandbar::control::access
