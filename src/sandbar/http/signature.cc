// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/signature.h"

#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"

namespace sandbar::http {
namespace {

using DigestPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<std::string> sign_text(const Secret& private_key_pem, std::string_view text) {
  TRY(auto key, read_private_key(private_key_pem));
  DigestPtr digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(text), text.size()) != 1)
    return fail(openssl_error("sign a text"));
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(digest.get(), out, &size, bytes_of(text), text.size()) != 1)
    return fail(openssl_error("sign a text"));
  signature.resize(size);
  return signature;
}

Result<void> verify_text(const std::string& certificate_pem, std::string_view text,
                         std::string_view signature) {
  TRY(auto certificate, read_certificate(certificate_pem));
  DigestPtr digest(EVP_MD_CTX_new());
  auto* key = X509_get0_pubkey(certificate.get());
  bool good =
      EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  if (!good) return fail(Error{Errc::unauthorized, "the signature is not the authority's"});
  return {};
}

}  // namespace sandbar::http
