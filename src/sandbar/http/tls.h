// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/base/secret.h"

// TLS contexts and the certificates of our own authority. Contexts are shared and immutable: a renewed
// certificate is a new context, swapped in by whoever holds it. TLS 1.3 only.

namespace sandbar::http {

class TlsContext;
using TlsContextPtr = std::shared_ptr<TlsContext>;

struct CertifiedKey {
  std::string certificate_pem;  // leaf first, chain after
  Secret private_key_pem;
};

// With `client_ca_pem`, every client must present a certificate that this authority signed (mutual TLS).
Result<TlsContextPtr> make_server_tls(const CertifiedKey& own, std::string client_ca_pem = {});
// Trusts only `ca_pem`, or the system's store when empty. `own` is presented when the server asks for it.
Result<TlsContextPtr> make_client_tls(std::string ca_pem, const CertifiedKey* own = nullptr);

// A new EC P-256 key (PEM, PKCS#8).
Result<Secret> make_private_key();
// A self-signed authority, valid for ten years.
Result<CertifiedKey> make_authority(const std::string& common_name);
// A certificate signing request with that common name.
Result<std::string> make_signing_request(const Secret& private_key_pem, const std::string& common_name);

struct CertificateProfile {
  std::string common_name;             // replaces whatever the request asked for
  std::vector<std::string> dns_names;  // subject alternative names; IP addresses are recognised
  std::chrono::seconds lifetime{};
  bool server = true, client = true;  // extended key usage
};
// Checks the request's self-signature, and signs its public key. 128-bit random serial.
Result<std::string> sign_request(const CertifiedKey& authority, const std::string& request_pem,
                                 const CertificateProfile& profile);

// SHA-256 of the DER form, lower-case hex: how a certificate is pinned.
Result<std::string> certificate_fingerprint(const std::string& certificate_pem);
Result<std::chrono::system_clock::time_point> certificate_expiry(const std::string& certificate_pem);

}  // namespace sandbar::http
