// SPDX-License-Identifier: Apache-2.0
// Keys, requests and certificates of our own authority.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"

namespace sandbar::http {
namespace {

using NamePtr = OpensslPtr<X509_NAME, X509_NAME_free>;
using NumberPtr = OpensslPtr<BIGNUM, BN_free>;
using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;

constexpr long kClockSkew = 300;  // a peer's clock may be behind ours
constexpr long kTenYears = 10L * 365 * 24 * 3600;

template <class Write>
Result<std::string> to_pem(std::string_view what, Write write) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return fail(openssl_error(what));
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> certificate_pem(X509* certificate) {
  return to_pem("write a certificate", [&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

Result<NamePtr> common_name(const std::string& text) {
  NamePtr name(X509_NAME_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8, bytes,
                                 static_cast<int>(text.size()), -1, 0) != 1)
    return fail(openssl_error("set a common name"));
  return name;
}

Result<void> set_random_serial(X509* certificate) {
  NumberPtr number(BN_new());
  // 127 bits, because a serial number is a positive ASN.1 integer, and one set bit so that its length is
  // always the same.
  if (BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)))
    return fail(openssl_error("make a serial number"));
  return {};
}

Result<void> add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return fail(openssl_error("add an extension"));
  return {};
}

// Names are written into OpenSSL's small configuration language, so nothing else may be in them.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '*';
  });
}

Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) {
    if (!is_plain_name(name)) return fail(invalid_request("not a host name or address: " + name));
    unsigned char bytes[16];
    bool ip =
        ::inet_pton(AF_INET, name.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
    list += fmt::format("{}{}:{}", list.empty() ? "" : ",", ip ? "IP" : "DNS", name);
  }
  return list;
}

Result<X509Ptr> new_certificate(const std::string& subject, EVP_PKEY* key, long lifetime) {
  X509Ptr certificate(X509_new());
  TRY(auto name, common_name(subject));
  TRY_VOID(set_random_serial(certificate.get()));
  bool made = X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              X509_set_subject_name(certificate.get(), name.get()) == 1 &&
              X509_set_pubkey(certificate.get(), key) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kClockSkew) &&
              X509_gmtime_adj(X509_getm_notAfter(certificate.get()), lifetime);
  if (!made) return fail(openssl_error("make a certificate"));
  return certificate;
}

Result<void> add_usages(X509* certificate, X509* issuer, const CertificateProfile& profile) {
  TRY_VOID(add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  TRY_VOID(add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature"));
  std::string usages = profile.server ? "serverAuth" : "";
  if (profile.client) usages += usages.empty() ? "clientAuth" : ",clientAuth";
  if (!usages.empty()) TRY_VOID(add_extension(certificate, issuer, NID_ext_key_usage, usages));
  TRY_VOID(add_extension(certificate, issuer, NID_subject_key_identifier, "hash"));
  TRY_VOID(add_extension(certificate, issuer, NID_authority_key_identifier, "keyid"));
  TRY(auto names, alternative_names(profile.dns_names));
  if (!names.empty()) TRY_VOID(add_extension(certificate, issuer, NID_subject_alt_name, names));
  return {};
}

Result<X509ReqPtr> read_request(const std::string& pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509ReqPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  bool good = key && EVP_PKEY_get_security_bits(key) >= 112 && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!good) return fail(invalid_request("not a signing request with a good signature"));
  return request;
}

}  // namespace

std::string fingerprint_of(const X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) != 1) return {};
  return to_hex({reinterpret_cast<const char*>(digest), size});
}

std::string common_name_of(const X509& certificate) {
  const auto* subject = X509_get_subject_name(&certificate);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  const auto* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Result<Secret> make_private_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail(openssl_error("make a key"));
  TRY(auto pem, to_pem("write a key", [&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      }));
  return Secret(std::move(pem));
}

Result<CertifiedKey> make_authority(const std::string& name) {
  TRY(auto secret, make_private_key());
  TRY(auto key, read_private_key(secret));
  TRY(auto certificate, new_certificate(name, key.get(), kTenYears));
  auto* raw = certificate.get();
  if (X509_set_issuer_name(raw, X509_get_subject_name(raw)) != 1)
    return fail(openssl_error("name an issuer"));
  TRY_VOID(add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY_VOID(add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY_VOID(add_extension(raw, raw, NID_subject_key_identifier, "hash"));
  if (X509_sign(raw, key.get(), EVP_sha256()) == 0) return fail(openssl_error("sign an authority"));
  TRY(auto pem, certificate_pem(raw));
  return CertifiedKey{std::move(pem), std::move(secret)};
}

Result<std::string> make_signing_request(const Secret& private_key_pem, const std::string& name) {
  TRY(auto key, read_private_key(private_key_pem));
  TRY(auto subject, common_name(name));
  X509ReqPtr request(X509_REQ_new());
  bool made = X509_REQ_set_subject_name(request.get(), subject.get()) == 1 &&
              X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
              X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return fail(openssl_error("make a signing request"));
  return to_pem("write a signing request",
                [&](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request.get()); });
}

Result<std::string> sign_request(const CertifiedKey& authority, const std::string& request_pem,
                                 const CertificateProfile& profile) {
  TRY(auto request, read_request(request_pem));
  TRY(auto issuer, read_certificate(authority.certificate_pem));
  TRY(auto key, read_private_key(authority.private_key_pem));
  TRY(auto certificate,
      new_certificate(profile.common_name, X509_REQ_get0_pubkey(request.get()), profile.lifetime.count()));
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) != 1)
    return fail(openssl_error("name an issuer"));
  TRY_VOID(add_usages(certificate.get(), issuer.get(), profile));
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
    return fail(openssl_error("sign a certificate"));
  return certificate_pem(certificate.get());
}

Result<std::string> certificate_fingerprint(const std::string& pem) {
  TRY(auto certificate, read_certificate(pem));
  return fingerprint_of(*certificate);
}

Result<std::chrono::system_clock::time_point> certificate_expiry(const std::string& pem) {
  TRY(auto certificate, read_certificate(pem));
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return fail(openssl_error("read an expiry"));
  return std::chrono::system_clock::from_time_t(::timegm(&end));
}

}  // namespace sandbar::http
