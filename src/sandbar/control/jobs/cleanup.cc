// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/jobs/cleanup.h"

#include "sandbar/control/jobs/store.h"

namespace sandbar::control::jobs {

Task<Result<JobReport>> Cleanup::run(Leadership) {
  CO_TRY(auto deleted, co_await delete_expired(database_));
  co_return JobReport{.changed = deleted};
}

}  // namespace sandbar::control::jobs
