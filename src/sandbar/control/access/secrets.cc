// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/secrets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include "sandbar/base/check.h"
#include "sandbar/base/strings.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kMinSecret = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

TokenKeys token_keys(std::string_view secret) {
  return {to_hex(hmac_sha256(secret, "kid")).substr(0, 8), Secret(hmac_sha256(secret, "user-jwt")),
          Secret(hmac_sha256(secret, "host-jwt"))};
}

Error too_short(std::string_view what) {
  return invalid_request(fmt::format("{} must have at least {} characters", what, kMinSecret));
}

}  // namespace

Result<Keys> Keys::derive(const Secret& secret, const Secret& token_secrets) {
  if (secret.reveal().size() < kMinSecret) return fail(too_short("the secret"));
  auto key = [&](std::string_view label) { return Secret(hmac_sha256(secret.reveal(), label)); };
  Keys keys{{}, key("guest-token"), key("authority"), key("mail-token"), key("oauth"), key("traffic")};
  if (token_secrets.empty()) {
    keys.tokens.push_back(token_keys(secret.reveal()));
    return keys;
  }
  for (auto one : split(token_secrets.reveal(), ',')) {
    if (trim(one).size() < kMinSecret) return fail(too_short("each secret of tokens"));
    keys.tokens.push_back(token_keys(trim(one)));
  }
  return keys;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return Hmac(Secret(std::string(key))).sign(text);
}

std::string stored_form(std::string_view token) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()), bytes_of(token), token.size());
  return to_hex(digest);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Secret guest_access_token(const Keys& keys, SandboxId sandbox) {
  return Secret(to_hex(hmac_sha256(keys.guest_token.reveal(), sandbox.str())));
}

Secret mail_token(const Keys& keys, const Uuid& id) {
  return Secret(to_hex(hmac_sha256(keys.mail_token.reveal(), id.str())));
}

void Hmac::Free::operator()(void* context) const { EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(context)); }

Hmac::Hmac(const Secret& key) {
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                        EVP_MAC_free);
  auto* context = EVP_MAC_CTX_new(mac.get());
  context_.reset(context);
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  SANDBAR_CHECK(EVP_MAC_init(context, bytes_of(key.reveal()), key.reveal().size(), params) == 1);
}

std::string Hmac::sign(std::string_view text) const {
  auto* context = static_cast<EVP_MAC_CTX*>(context_.get());
  std::string out(32, '\0');
  std::size_t size = 0;
  bool ok = EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
            EVP_MAC_update(context, bytes_of(text), text.size()) == 1 &&
            EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &size, out.size()) == 1;
  SANDBAR_CHECK(ok && size == out.size());
  return out;
}

}  // namespace sandbar::control::access
