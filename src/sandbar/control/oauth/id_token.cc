// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/id_token.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/oauth/fetch.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::oauth {
namespace {

namespace bj = boost::json;

constexpr std::chrono::seconds kSkew{60};
constexpr std::size_t kMaxToken = 64 * 1024, kMinModulus = 256, kMaxModulus = 1024, kCoordinate = 32;

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Error refused(std::string why) {
  return {Errc::unauthorized, "the provider's token is not valid", std::move(why)};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM> number(std::string_view big_endian) {
  return Owned<BIGNUM>(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Owned<EVP_PKEY> public_key(const char* type, OSSL_PARAM_BLD* builder) {
  Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return Owned<EVP_PKEY>(key);
}

Owned<EVP_PKEY> rsa_key(const bj::value& jwk) {
  auto n = from_base64url(text_in(jwk, "n")), e = from_base64url(text_in(jwk, "e"));
  if (!n || !e || n->size() < kMinModulus || n->size() > kMaxModulus || e->empty() || e->size() > 8)
    return nullptr;
  auto modulus = number(*n), exponent = number(*e);
  Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return public_key("RSA", builder.get());
}

Owned<EVP_PKEY> ec_key(const bj::value& jwk) {
  auto x = from_base64url(text_in(jwk, "x")), y = from_base64url(text_in(jwk, "y"));
  if (text_in(jwk, "crv") != "P-256" || !x || !y || x->size() != kCoordinate || y->size() != kCoordinate)
    return nullptr;
  auto point = "\x04" + *x + *y;
  Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return public_key("EC", builder.get());
}

// r and s behind one another, as JWS has it, to the form that OpenSSL wants.
std::string der_signature(std::string_view raw) {
  if (raw.size() != 2 * kCoordinate) return {};
  Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
  auto r = number(raw.substr(0, kCoordinate)), s = number(raw.substr(kCoordinate));
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

bool has_signed(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

// Whether this key of the set may be the one, and is.
bool verifies(const bj::value& jwk, std::string_view alg, std::string_view text,
              const std::string& signature) {
  auto named = text_in(jwk, "alg"), use = text_in(jwk, "use"), type = text_in(jwk, "kty");
  if ((!named.empty() && named != alg) || (!use.empty() && use != "sig")) return false;
  if (alg == "RS256" && type == "RSA") {
    auto key = rsa_key(jwk);
    return key && has_signed(key.get(), text, signature);
  }
  if (alg == "ES256" && type == "EC") {
    auto key = ec_key(jwk);
    auto der = der_signature(signature);
    return key && !der.empty() && has_signed(key.get(), text, der);
  }
  return false;
}

Result<bj::object> part_of(std::string_view base64url) {
  auto text = from_base64url(base64url);
  if (!text) return fail(refused("a part is not base64url"));
  auto value = json::parse(*text);
  if (!value || !value->is_object()) return fail(refused("a part is not a JSON object"));
  return value->get_object();
}

bool names_us(const bj::object& claims, const std::string& client_id) {
  const auto* audience = claims.if_contains("aud");
  if (!audience) return false;
  auto party = text_in(claims, "azp");
  if (!party.empty() && party != client_id) return false;
  if (audience->is_string()) return std::string_view(audience->get_string()) == client_id;
  if (!audience->is_array()) return false;
  const auto& all = audience->get_array();
  auto is_ours = [&](const bj::value& one) {
    return one.is_string() && std::string_view(one.get_string()) == client_id;
  };
  return std::ranges::any_of(all, is_ours) && (all.size() == 1 || party == client_id);
}

std::optional<Time> time_in(const bj::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  auto seconds = value->to_number<std::int64_t>(error);
  if (error || seconds < 0 || seconds > 1LL << 40) return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}

Result<void> check_claims(const bj::object& claims, const Expected& expected, Time now) {
  if (text_in(claims, "iss") != expected.issuer) return fail(refused("another issuer"));
  if (!names_us(claims, expected.client_id)) return fail(refused("not for us"));
  if (!access::equal_secrets(text_in(claims, "nonce"), expected.nonce)) return fail(refused("another nonce"));
  auto expires = time_in(claims, "exp"), issued = time_in(claims, "iat");
  if (!expires || *expires + kSkew <= now) return fail(refused("expired"));
  if (!issued || *issued - kSkew > now) return fail(refused("issued in the future"));
  if (text_in(claims, "sub").empty()) return fail(refused("nobody"));
  return {};
}

}  // namespace

std::string key_id_of(std::string_view token) {
  auto header = part_of(token.substr(0, token.find('.')));
  return header ? text_in(*header, "kid") : std::string();
}

Result<bj::object> read_id_token(std::string_view token, const bj::value& key_set, const Expected& expected,
                                 Time now) {
  auto parts = split(token, '.');
  if (token.size() > kMaxToken || parts.size() != 3) return fail(refused("not a signed token"));
  TRY(auto header, part_of(parts[0]));
  auto alg = text_in(header, "alg"), kid = text_in(header, "kid");
  auto signature = from_base64url(parts[2]);
  const auto* keys = key_set.is_object() ? key_set.get_object().if_contains("keys") : nullptr;
  if (!signature || !keys || !keys->is_array()) return fail(refused("no signature, or no keys"));
  auto text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  auto fits = [&](const bj::value& jwk) {
    return (kid.empty() || text_in(jwk, "kid") == kid) && verifies(jwk, alg, text, *signature);
  };
  if (!std::ranges::any_of(keys->get_array(), fits))
    return fail(refused("no key of the provider has signed it"));
  TRY(auto claims, part_of(parts[1]));
  TRY_VOID(check_claims(claims, expected, now));
  return claims;
}

}  // namespace sandbar::control::oauth
