// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/service.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/agents/breaker.h"
#include "sandbar/control/agents/tunnels.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/hosts/address.h"
#include "sandbar/control/hosts/store.h"

// What agents do with control: register once with a one-time token, say every half minute that they are
// there, and renew their credentials. A refresh token is replaced by a successor that the agent proposes and
// has stored before it asks, so a lost answer locks nobody out: the same question gets the same answer. A
// token that comes again with another successor was stolen, or a thief was faster: the whole family ends.
// A host that has registered takes part once control has reached its agent, which each heartbeat tries.

namespace sandbar::control::hosts {

struct EnrolmentRules {
  Lifetimes lifetimes;
  std::vector<Network> byoc_networks;               // where teams' own hosts may be, beside public addresses
  std::chrono::milliseconds reach_limit{3'000};     // for the call that shows that an agent is reached
  std::chrono::milliseconds replica_alive{30'000};  // silence after which a process of control is not named
};

class EnrolmentService {
 public:
  struct Parts {
    pg::Database& database;
    authority::AuthorityPtr authority;
    const access::Tokens& tokens;
    access::RateLimiter& limiter;
    agents::AgentPool& agents;
    std::shared_ptr<agents::Tunnels> tunnels;
    std::shared_ptr<agents::Breakers> breakers;
  };
  explicit EnrolmentService(Parts parts, EnrolmentRules rules = {})
      : parts_(std::move(parts)), rules_(std::move(rules)) {}

  // unauthorized for a token that is unknown, used, or older than an hour. A registration that fails uses
  // nothing up.
  Task<Result<Credentials>> enrol(Registration registration);
  // not_found once the host has been deleted.
  Task<Result<BeatAnswer>> note_heartbeat(HostId id, Heartbeat heartbeat);
  Task<Result<Credentials>> refresh(Refresh request);

  // Whether that host may bring connections for control's calls: unauthorized if it must register first.
  Task<Result<void>> check_tunnel(HostId id);

  const std::string& ca_pem() const { return parts_.authority->certificate_pem(); }
  access::RateLimiter& limiter() { return parts_.limiter; }
  agents::Tunnels& tunnels() { return *parts_.tunnels; }

 private:
  struct Renewal {
    HostId host;
    std::optional<std::string> certificate_pem;
    std::string refresh_token;
    bool stolen = false;
  };
  Task<Result<Credentials>> enrol_in(Registration registration, pg::Transaction& tx);
  Task<Result<Beat>> note_heartbeat_in(HostId id, Heartbeat heartbeat, pg::Transaction& tx);
  Task<Result<Renewal>> refresh_in(Refresh request, pg::Transaction& tx);
  Task<Result<Renewal>> end_family(RefreshRow row, pg::Transaction& tx);
  Task<Result<bool>> reach(HostId id, Beat beat);
  Task<Result<std::optional<std::string>>> renew_certificate(HostId id, std::optional<std::string> csr,
                                                             pg::Transaction& tx);

  Parts parts_;
  EnrolmentRules rules_;
};

}  // namespace sandbar::control::hosts
