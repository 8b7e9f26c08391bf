// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/service.h"
#include "sandbar/control/gateway/credentials.h"
#include "sandbar/control/gateway/refusal.h"
#include "sandbar/control/gateway/resumes.h"
#include "sandbar/control/gateway/short_cache.h"
#include "sandbar/control/gateway/signer.h"
#include "sandbar/control/gateway/types.h"
#include "sandbar/http/server.h"

// The door for traffic to the ports of sandboxes, on the listener of the API. A request is routed by its host
// name or headers (address.h), let in by what the port allows or by its credentials, and passed to the agent
// of the sandbox's host, which passes it on. Nothing of ours that opens doors goes along. What the database
// says about a port, and whom a credential stands for, is believed for a moment (GatewayOptions::cache); what
// the agent says about a sandbox counts at once.

namespace sandbar::control::gateway {

struct GatewayOptions {
  std::string domain;
  std::chrono::milliseconds cache{1'000};
  std::chrono::milliseconds resume_limit{60'000};  // how long a request waits for a sandbox on its way
  bool trust_forwarded = false;                    // X-Forwarded-* of clients are those of a proxy of ours
  bool logs_requests = false;                      // each gets a log line
};

class Gateway {
 public:
  struct Parts {
    pg::Database& database;
    access::AccessService& access;
    const access::Tokens& tokens;
    const access::Keys& keys;
    agents::AgentPool& agents;
    sandboxes::SandboxService& sandboxes;
    Supervisor& tasks;
    const Clock& clock;
  };
  Gateway(Executor executor, Parts parts, GatewayOptions options);

  bool handles(const http::RequestHead& request) const { return is_traffic(request, options_.domain); }
  Task<void> serve(http::Exchange& exchange);
  // Forgets the ways to all hosts; their connections end with their last requests.
  void clear() { doors_.clear(); }

 private:
  struct Trip;  // one request on its way
  enum class Next { done, again };
  // How a client came to be let in.
  struct Entry {
    access::Actor actor;
    bool by_new_link = false;
  };

  Task<void> travel(Trip& trip);
  Task<Next> attempt(Trip& trip);
  Task<Result<std::optional<Destination>>> look_up(const Trip& trip);
  Task<std::optional<Entry>> admit(Trip& trip, const Destination& destination);
  Task<std::optional<Entry>> admit_account(Trip& trip, const Destination& destination);
  Task<Result<access::Actor>> actor_of(const Credentials& credentials);
  Task<Next> wait_for(Trip& trip, const Destination& destination, const Entry& entry);
  Task<Next> wake(Trip& trip, const Entry& entry);
  Task<Next> forward(Trip& trip, const Destination& destination);
  Task<Next> judge_refusal(Trip& trip, const Destination& destination);
  Task<Next> look_again(Trip& trip, const Destination& destination);
  Task<Next> greet(Trip& trip);
  Task<void> refuse(Trip& trip, Refusal refusal);
  http::RequestHead outgoing_head(const Trip& trip, const Destination& destination) const;
  std::shared_ptr<http::Client> client_of(HostId host, agents::AgentClientPtr agent);

  Executor executor_;
  Parts parts_;
  GatewayOptions options_;
  Signer signer_;
  Resumes resumes_;
  ShortCache<std::pair<SandboxId, int>, Destination> destinations_;
  ShortCache<std::string, access::Actor> actors_;
  struct Door {
    agents::AgentClientPtr agent;
    std::shared_ptr<http::Client> client;
  };
  std::map<HostId, Door> doors_;
};

}  // namespace sandbar::control::gateway
