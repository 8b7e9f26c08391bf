// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/types.h"
#include "sandbar/pg/database.h"

// Checks a team's chain against the log: whether each entry is still what was sealed, all are there, and none
// was slipped in.

namespace sandbar::control::audit {

// `added`: in the log, but neither on the chain nor waiting for it. `unlinked`: the chain lacks this number.
// `truncated`: the chain ends before this number, which it had reached.
enum class Damage { changed, removed, added, unlinked, truncated };
BOOST_DESCRIBE_ENUM(Damage, changed, removed, added, unlinked, truncated)

struct Broken {
  Damage damage = Damage::changed;
  std::optional<std::int64_t> seq;  // place on the chain
  std::optional<AuditLogId> id;     // the entry, where it is known
};
BOOST_DESCRIBE_STRUCT(Broken, (), (damage, seq, id))

struct Verification {
  bool ok = true;
  std::int64_t checked = 0;              // entries, now
  std::int64_t unsealed = 0;             // entries that wait for their place
  std::optional<std::int64_t> head_seq;  // where the checked part ends
  std::optional<std::string> head_hash;
  std::optional<Broken> broken;                // the first
  std::optional<std::int64_t> next_after_seq;  // there is more: verify again from here
};
BOOST_DESCRIBE_STRUCT(Verification, (), (ok, checked, unsealed, head_seq, head_hash, broken, next_after_seq))

// At most so many entries with one call.
inline constexpr std::int64_t kMaxVerified = 100'000;

// From the link after `after_seq`, whose own hash is taken as it is.
Task<Result<Verification>> verify_chain(pg::Session& session, TeamId team, std::int64_t after_seq);

}  // namespace sandbar::control::audit
