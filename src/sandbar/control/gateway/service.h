// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/gateway/signer.h"
#include "sandbar/control/gateway/types.h"
#include "sandbar/pg/database.h"

// Who may reach the ports of a team's sandboxes, as the team decides it. Every change is in the audit log.
// The gateway follows within its cache's lifetime.

namespace sandbar::control::gateway {

class GatewayService {
 public:
  // `url` is asked at each use: the port to be named may be known only once the server listens.
  GatewayService(pg::Database& database, const access::Keys& keys, const Clock& clock,
                 std::function<PublicUrl()> url)
      : database_(database), signer_(keys), clock_(clock), url_(std::move(url)) {}

  Task<Result<std::vector<Port>>> list_ports(access::Actor actor, SandboxId id);
  // invalid_state for a sandbox that has ended; invalid_request for the guest program's own port.
  Task<Result<Port>> set_port(access::Actor actor, SandboxId id, int port, bool is_public);
  // Back to what the sandbox says. A success for a port that was not set apart.
  Task<Result<void>> reset_port(access::Actor actor, SandboxId id, int port);
  Task<Result<Link>> create_link(access::Actor actor, SandboxId id, int port, std::chrono::seconds lifetime);
  // Ends all links made so far, and the traffic token.
  Task<Result<void>> revoke_links(access::Actor actor, SandboxId id);
  Task<Result<Traffic>> traffic(access::Actor actor, SandboxId id);

  PublicUrl url() const { return url_(); }

 private:
  pg::Database& database_;
  Signer signer_;
  const Clock& clock_;
  std::function<PublicUrl()> url_;
};

}  // namespace sandbar::control::gateway
