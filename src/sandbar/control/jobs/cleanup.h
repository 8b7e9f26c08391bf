// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/jobs/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::jobs {

// Deletes tokens and stored answers whose time is over.
class Cleanup {
 public:
  explicit Cleanup(pg::Database& database) : database_(database) {}
  Task<Result<JobReport>> run(Leadership leadership);

 private:
  pg::Database& database_;
};

}  // namespace sandbar::control::jobs
