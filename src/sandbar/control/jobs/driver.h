// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sandbar/control/jobs/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

// Runs jobs in one replica at a time: the one that holds an advisory lock, on a connection of its own. When
// that connection is lost, so is the leadership, and whoever is first takes over. Each job goes at its own
// pace: one that takes long delays no other. How each ran last is kept in the database.
class Driver {
 public:
  Driver(pg::Database& database, std::vector<Job> jobs, std::chrono::milliseconds period)
      : database_(database), jobs_(std::move(jobs)), period_(period) {}

  // Until cancelled.
  Task<void> run();
  bool leading() const { return leading_; }

 private:
  Task<Result<void>> lead();
  Task<void> repeat(Job job, Leadership leadership);
  Task<void> run_job(Job job, Leadership leadership);
  Task<void> record(Report report);

  pg::Database& database_;
  std::vector<Job> jobs_;
  std::chrono::milliseconds period_;
  bool leading_ = false;
  std::map<std::string, std::chrono::steady_clock::time_point> recorded_;  // when each job's report was
};

}  // namespace sandbar::control::jobs
