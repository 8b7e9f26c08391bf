// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbar/cli/context.h"

namespace sandbar::cli {

// What `sandbar audit` and its commands have in common.
struct AuditOptions {
  std::size_t limit = 50;
  std::string resource_type, resource_id, action, event, actor, from, to, text;
  bool all_teams = false;
  std::string format = "jsonl", output;  // export
  std::string expected, file;            // verify
};

// "&resource_type=…" for each filter that was given.
std::string filters_of(const AuditOptions& options);
Task<Result<int>> verify_audit(Context& context, AuditOptions options);

}  // namespace sandbar::cli
