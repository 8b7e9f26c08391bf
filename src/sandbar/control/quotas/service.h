// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/quotas/types.h"
#include "sandbar/pg/database.h"

// What teams may hold. admit_…() is called in the transaction of a change and holds the team's totals locked
// until its end, so changes of one team are judged one after the other. The platform's own team has no
// limits. The code of a refusal is quota_exceeded; it names quota, limit and use.

namespace sandbar::control::quotas {

// The defaults, but for those that a setting names: "sandboxes=20", "memory_mb=4096".
Result<Limits> read_limits(const std::vector<std::string>& settings);

class QuotaService {
 public:
  QuotaService(pg::Database& database, Limits defaults, Refusals& refusals)
      : database_(database), defaults_(defaults), refusals_(refusals) {}

  // Locks the totals of these teams, in the one order in which several are locked.
  Task<Result<Holdings>> hold(pg::Transaction& tx, std::vector<TeamId> teams);
  // Before the row of a new sandbox is inserted. One that is admitted counts for those that come after it.
  Result<void> admit_new(Holdings& holdings, TeamId team, const Demand& demand);
  // After a sandbox's row has left `paused` in order to run; an error takes that back.
  Task<Result<void>> admit_resumed(pg::Transaction& tx, TeamId team, Demand demand);
  // After a template's row was inserted; an error takes that back.
  Task<Result<void>> admit_template(pg::Transaction& tx, TeamId team);

  // not_found for a team that does not exist, or not any more.
  Task<Result<std::vector<Quota>>> list(TeamId team);
  Task<Result<std::vector<Quota>>> set(access::Actor actor, TeamId team, Overrides overrides);
  // In the Prometheus text format.
  Task<Result<std::string>> prometheus_text();

 private:
  Error refuse(std::size_t quota, std::int64_t limit, std::int64_t used);
  // Adds what it takes to what is held, if that is allowed.
  Result<void> admit(Holding& holding, const Demand& demand);
  Task<Result<Limits>> limits_of(pg::Session& session, TeamId team);
  Task<Result<bool>> set_in(access::Actor actor, TeamId team, Overrides overrides, pg::Transaction& tx);

  pg::Database& database_;
  Limits defaults_;
  Refusals& refusals_;
};

}  // namespace sandbar::control::quotas
