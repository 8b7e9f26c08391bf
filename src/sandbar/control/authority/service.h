// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "sandbar/control/access/secrets.h"
#include "sandbar/control/authority/types.h"
#include "sandbar/http/tls.h"
#include "sandbar/pg/database.h"

// The installation's own certificate authority. It is made at the first start and kept in the database, its
// key encrypted under the installation's secret. Agents get certificates for the keys that they made
// themselves; control shows them one that it makes in memory at each start. Immutable, so all threads share
// one.

namespace sandbar::control::authority {

class Authority {
 public:
  // Loads it, or makes it. invalid_request if the database was set up with another secret.
  static Task<Result<std::shared_ptr<const Authority>>> open(pg::Database& database, Secret key);

  const std::string& certificate_pem() const { return own_.certificate_pem; }
  // With that host's id as its name, whatever the request asks for: for a TLS server, and for a client of
  // other hosts. Agents take orders from a peer of the name "control" only.
  Result<AgentCertificate> sign_agent(HostId host, const std::string& request_pem,
                                      std::chrono::milliseconds lifetime) const;
  // A signature that agents can verify with certificate_pem().
  Result<std::string> sign(std::string_view text) const;
  // What control uses to talk to agents: its own certificate, trusting nobody else's authority.
  Result<http::TlsContextPtr> make_agent_tls() const;

 private:
  explicit Authority(http::CertifiedKey own) : own_(std::move(own)) {}
  http::CertifiedKey own_;
};
using AuthorityPtr = std::shared_ptr<const Authority>;

}  // namespace sandbar::control::authority
