// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/types.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/builds/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::builds {

// Listens to one build on its host and writes down what is said, some lines at a time. It stops without a
// word when the build is over or somebody else follows it.
class Follower {
 public:
  Follower(pg::Database& database, agents::AgentPool& agents, const Policy& policy, Build build)
      : database_(database), agents_(agents), policy_(policy), build_(std::move(build)) {}

  // How it ended; nothing if that is not ours to say.
  Task<std::optional<agents::BuildOutcome>> run();

 private:
  Task<Result<agents::BuildOutcome>> listen();
  Task<Result<void>> note(agents::BuildEvent event);
  Task<Result<void>> flush();
  agents::BuildOrder order() const;

  pg::Database& database_;
  agents::AgentPool& agents_;
  const Policy& policy_;
  Build build_;
  std::string text_ = {};  // of lines that are not written down yet
  int new_lines_ = 0;
  bool heard_ = false, lost_ = false;
  std::chrono::steady_clock::time_point flushed_{};
};

// Ends a build in one transaction with its template and the audit entry. False if it was over already.
Task<Result<bool>> end_build(pg::Database& database, Build build, agents::BuildOutcome outcome);
Task<Result<bool>> cancel_build(pg::Database& database, access::Actor actor, Build build, std::string why);

}  // namespace sandbar::control::builds
