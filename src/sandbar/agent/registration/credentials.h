// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "sandbar/http/tls.h"
#include "sandbar/json/decode.h"

// What makes this machine a host of its control: credentials.json in the state directory, mode 0600. It is
// replaced as a whole and synced, so that a crash at any moment leaves either the old or the new credentials,
// and always some.

namespace sandbar::agent {

struct Credentials {
  HostId host_id;
  std::string control_url;
  std::optional<std::string> address;  // as registered: "10.0.0.7:7443", or "tunnel"
  std::string token;
  std::string refresh_token;
  // Proposed to control as the successor of refresh_token, before the answer is known.
  std::optional<std::string> next_refresh_token;
  std::string private_key_pem, certificate_pem, ca_pem;
  std::int64_t issued_at_ms = 0;  // when the certificate came
};
BOOST_DESCRIBE_STRUCT(Credentials, (),
                      (host_id, control_url, address, token, refresh_token, next_refresh_token,
                       private_key_pem, certificate_pem, ca_pem, issued_at_ms))

class CredentialsFile {
 public:
  explicit CredentialsFile(const std::filesystem::path& state) : path_(state / "credentials.json") {}

  Result<Credentials> load() const;  // not_found if there is none
  Result<void> save(const Credentials& credentials) const;
  Result<void> remove() const;

 private:
  std::filesystem::path path_;
};

// The server side of mutual TLS: our certificate, and only clients that control's authority has signed.
Result<http::TlsContextPtr> server_tls(const Credentials& credentials);

// Ours towards other hosts, whose certificates are pinned.
Result<http::TlsContextPtr> client_tls(const Credentials& credentials);

// Whether token or certificate should be renewed: two thirds of their life are over.
bool wants_renewal(const Credentials& credentials, Time now);

}  // namespace sandbar::agent
