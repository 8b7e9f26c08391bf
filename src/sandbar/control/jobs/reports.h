// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/control/jobs/types.h"
#include "sandbar/http/route.h"
#include "sandbar/pg/database.h"

// How the jobs of the installation ran last, whichever replica ran them.

namespace sandbar::control::jobs {

class JobReports {
 public:
  explicit JobReports(pg::Database& database) : database_(database) {}

  Task<Result<std::vector<Report>>> list();
  // In the Prometheus text format.
  Task<Result<std::string>> prometheus_text();

 private:
  pg::Database& database_;
};

http::Routes<JobReports> routes();

}  // namespace sandbar::control::jobs
