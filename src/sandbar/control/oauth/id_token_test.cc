// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/id_token.h"

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "sandbar/base/strings.h"

using namespace sandbar;
using namespace sandbar::control::oauth;

namespace {

namespace bj = boost::json;

const Time kNow{std::chrono::seconds(1'700'000'000)};
const Expected kExpected{"https://id.example.org", "sandbar", "n-1"};

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
  BN_free(number);
  return out;
}

std::string padded(std::string number) { return std::string(32 - number.size(), '\0') + number; }

std::string raw_signature(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  auto* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string out(64, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + 32, 32);
  ECDSA_SIG_free(signature);
  return out;
}

struct Signer {
  std::string alg;
  EVP_PKEY* key = alg == "RS256" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  ~Signer() { EVP_PKEY_free(key); }

  bj::value key_set() const {
    bj::object jwk{{"kid", "k1"}, {"use", "sig"}, {"kty", alg == "RS256" ? "RSA" : "EC"}};
    if (alg == "RS256") {
      jwk["n"] = to_base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N));
      jwk["e"] = to_base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E));
    } else {
      jwk["crv"] = "P-256";
      jwk["x"] = to_base64url(padded(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X)));
      jwk["y"] = to_base64url(padded(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y)));
    }
    return bj::object{{"keys", bj::array{std::move(jwk)}}};
  }

  std::string sign(const bj::object& claims, std::string named_alg = {}) const {
    bj::object header{{"alg", named_alg.empty() ? alg : named_alg}, {"kid", "k1"}};
    auto text = to_base64url(bj::serialize(header)) + "." + to_base64url(bj::serialize(claims));
    auto* context = EVP_MD_CTX_new();
    std::string out(512, '\0');
    std::size_t size = out.size();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    out.resize(size);
    return text + "." + to_base64url(alg == "RS256" ? out : raw_signature(out));
  }
};

bj::object good_claims() {
  return {{"iss", "https://id.example.org"},
          {"aud", "sandbar"},
          {"sub", "u1"},
          {"nonce", "n-1"},
          {"iat", 1'700'000'000},
          {"exp", 1'700'000'300}};
}

bool is_read(const std::string& token, const bj::value& keys) {
  return read_id_token(token, keys, kExpected, kNow).has_value();
}

}  // namespace

TEST_CASE("OA-1: ID tokens are read if the provider has signed them, with RSA or with P-256") {
  for (auto alg : {"RS256", "ES256"}) {
    Signer signer{alg}, other{alg};
    auto token = signer.sign(good_claims());
    CHECK(is_read(token, signer.key_set()));
    CHECK_FALSE(is_read(token, other.key_set()));
    CHECK(key_id_of(token) == "k1");
    auto parts = split(token, '.');
    auto changed = good_claims();
    changed["sub"] = "somebody else";
    CHECK_FALSE(is_read(fmt::format("{}.{}.{}", parts[0], to_base64url(bj::serialize(changed)), parts[2]),
                        signer.key_set()));
    CHECK_FALSE(
        is_read(fmt::format("{}.{}.", to_base64url(R"({"alg":"none"})"), parts[1]), signer.key_set()));
    CHECK_FALSE(is_read(signer.sign(good_claims(), "HS256"), signer.key_set()));
  }
  CHECK_FALSE(is_read("", bj::object{{"keys", bj::array{}}}));
  CHECK_FALSE(is_read("a.b.c", bj::object{}));
}

TEST_CASE("OA-1: an ID token is for us, for this visit and for now") {
  Signer signer{"ES256"};
  const std::pair<std::string, bj::value> wrong[] = {
      {"iss", "https://evil.example.org"},
      {"aud", "another"},
      {"aud", bj::array{"sandbar", "another"}},
      {"azp", "another"},
      {"nonce", "n-2"},
      {"nonce", nullptr},
      {"exp", 1'699'999'000},
      {"exp", "soon"},
      {"iat", 1'700'009'000},
      {"sub", ""},
      {"exp", -1},
  };
  for (const auto& [name, value] : wrong) {
    auto claims = good_claims();
    claims[name] = value;
    CAPTURE(name);
    CHECK_FALSE(is_read(signer.sign(claims), signer.key_set()));
  }
  auto shared = good_claims();
  shared["aud"] = bj::array{"sandbar", "another"};
  shared["azp"] = "sandbar";
  CHECK(is_read(signer.sign(shared), signer.key_set()));
}
