// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbar/agent/registration/credentials.h"
#include "sandbar/async/spawn.h"
#include "sandbar/http/client.h"

// For an agent that nobody can call: keeps connections to each process of control open, over which control's
// calls come back (docs/adr/0021-agents-that-dial-out.md). One that is spoken to goes to the agent's server,
// and another takes its place. What breaks is opened again, after a pause that grows.

namespace sandbar::agent {

class TunnelKeeper {
 public:
  struct Parts {
    Supervisor& tasks;
    std::function<Result<http::Endpoint>(const std::string& url)> endpoint_of;
    std::function<const Credentials&()> credentials;
    std::function<void(http::ByteStreamPtr)> accept;
  };

  TunnelKeeper(Parts parts, int connections) : parts_(std::move(parts)), connections_(connections) {}

  // From now on there are connections to these, and to no others.
  void connect_to(const std::vector<std::string>& urls);

 private:
  // The connections to one process of control. Its tasks end some time after it is not wanted any more.
  struct Peer {
    std::string url;
    bool is_wanted = true;
    bool is_lost = false;  // said so in the log
  };
  using PeerPtr = std::shared_ptr<Peer>;

  Task<void> keep_one(PeerPtr peer);
  Task<Result<http::ByteStreamPtr>> open(const Peer& peer);
  Task<bool> await_use(http::ByteStreamPtr stream);
  static void note(Peer& peer, const Result<http::ByteStreamPtr>& opened);

  Parts parts_;
  int connections_;
  std::map<std::string, PeerPtr> peers_;
};

}  // namespace sandbar::agent
