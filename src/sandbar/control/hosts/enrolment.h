// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/service.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/hosts/types.h"

// What agents do with control: register once with a one-time token, say every half minute that they are
// there, and renew their credentials. A refresh token is replaced by a successor that the agent proposes and
// has stored before it asks, so a lost answer locks nobody out: the same question gets the same answer. A
// token that comes again with another successor was stolen, or a thief was faster: the whole family ends.

namespace sandbar::control::hosts {

class EnrolmentService {
 public:
  EnrolmentService(pg::Database& database, authority::AuthorityPtr authority, const access::Tokens& tokens,
                   access::RateLimiter& limiter)
      : database_(database), authority_(std::move(authority)), tokens_(tokens), limiter_(limiter) {}

  // unauthorized for a token that is unknown, used, or older than an hour. A registration that fails uses
  // nothing up.
  Task<Result<Credentials>> enrol(Registration registration);
  // not_found once the host has been deleted.
  Task<Result<void>> note_heartbeat(HostId id, Heartbeat heartbeat);
  Task<Result<Credentials>> refresh(Refresh request);

  const std::string& ca_pem() const { return authority_->certificate_pem(); }
  access::RateLimiter& limiter() { return limiter_; }

 private:
  struct Renewal {
    HostId host;
    std::optional<std::string> certificate_pem;
    bool stolen = false;
  };
  Task<Result<Credentials>> enrol_in(Registration registration, pg::Transaction& tx);
  Task<Result<bool>> note_heartbeat_in(HostId id, Heartbeat heartbeat, pg::Transaction& tx);
  Task<Result<Renewal>> refresh_in(Refresh request, pg::Transaction& tx);
  Task<Result<std::optional<std::string>>> renew_certificate(HostId id, std::optional<std::string> csr,
                                                             pg::Transaction& tx);

  pg::Database& database_;
  authority::AuthorityPtr authority_;
  const access::Tokens& tokens_;
  access::RateLimiter& limiter_;
};

}  // namespace sandbar::control::hosts
