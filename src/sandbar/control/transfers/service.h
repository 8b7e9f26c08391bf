// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/authority/service.h"
#include "sandbar/control/transfers/types.h"
#include "sandbar/pg/database.h"

// A template made on one host is usable on every other: the host that lacks it fetches it from those that
// hold it. Control only introduces them to each other. It names the sources, says what the copy must be (the
// digest that each source has given the first time), and signs a grant for each, which is good for this
// template, from this source, to this host's certificate, for a short time.

namespace sandbar::control::transfers {

struct RelayRequest {
  HostId target;  // who asks
  TemplateId template_id;
  HostId source;
  std::string object, grant;
};

class TransferService {
 public:
  struct Parts {
    pg::Database& database;
    agents::AgentPool& agents;
    authority::AuthorityPtr authority;
    const Clock& clock;
    std::chrono::milliseconds limit{240'000};  // of one fetch
  };
  explicit TransferService(Parts parts) : parts_(std::move(parts)) {}

  // Returns when the host holds the template. host_unavailable if the host, or every source, cannot be
  // reached; agent_error if no copy could be made; not_found if there is no such template (any more).
  Task<Result<void>> provide(TemplateId id, agents::AgentAddress target);
  // A source's answer, for a host that cannot reach the source itself. unauthorized without a grant for
  // exactly this.
  Task<Result<http::ClientResponsePtr>> relay(RelayRequest request);
  // For a job: copies of which nothing was heard for long.
  Task<Result<void>> forget_stale();

 private:
  Task<Result<void>> fetch(TemplateId id, agents::AgentAddress target);
  Task<Result<std::vector<agents::FetchSource>>> sources_for(TemplateId id, agents::AgentAddress target);
  Task<Result<std::string>> digest_of(TemplateId id, Holder holder);
  Result<std::string> grant_for(TemplateId id, HostId source, const agents::AgentAddress& target) const;
  Task<Result<void>> check_grant(const RelayRequest& request);

  Parts parts_;
};

}  // namespace sandbar::control::transfers
