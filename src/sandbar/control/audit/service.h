// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/audit/types.h"
#include "sandbar/control/audit/verifier.h"
#include "sandbar/pg/database.h"

// Who did what. Features call record() with the transaction that makes the change, so that neither exists
// without the other; the database refuses to change an entry afterwards. An entry that the log does not take
// is kept beside it by the same transaction and gets there later: recording is never what an operation fails
// of, and nothing is lost (docs/adr/0013-audit-entries-are-never-lost.md).

namespace sandbar::control::audit {

Task<Result<void>> record(pg::Session& session, Event event);
// Many at once, with one statement.
Task<Result<void>> record_all(pg::Session& session, std::vector<Event> events);
// For what is no change of the database, such as a failed sign-in: what goes wrong is logged, and that is
// all.
Task<void> note(pg::Session& session, Event event);

// Values of one list are alternatives; the lists, the times and the text must all fit.
struct Filter {
  int limit = 50;
  Span span = {};
  std::vector<std::string> resource_types = {}, actions = {};
  std::vector<std::string> events = {};         // "sandbox.create"
  std::vector<std::string> actors = {};         // wire ids, "system"
  std::optional<std::string> resource_id = {};  // exactly that one
  std::optional<std::string> text = {};         // somewhere in names, ids or details, whatever the case
};

struct EntryPage {
  std::vector<Entry> entries;
  bool more = false;
};

struct AllVerification {
  std::int64_t teams = 0, checked = 0, unsealed = 0;
  std::vector<std::pair<TeamId, Broken>> broken = {};
  std::optional<TeamId> next = {};  // where to go on
};

// The most entries of a page, and of a part of an export.
inline constexpr int kMaxPage = 200, kExportPage = 1000;

class AuditService {
 public:
  explicit AuditService(pg::Database& database) : database_(database) {}

  // Newest first. Members see the team's scope, owners and admins everything; the role is the present one.
  Task<Result<EntryPage>> list(access::Actor actor, Filter filter);
  // Of all teams, or of one.
  Task<Result<EntryPage>> list_any_team(std::optional<TeamId> team, Filter filter);
  // The next part of an export: a page that may be larger than a list's.
  Task<Result<EntryPage>> export_part(access::Actor actor, Filter filter);

  Task<Result<Verification>> verify(TeamId team, std::int64_t after_seq);
  // Teams in the order of their ids, as many as make up one call's work.
  Task<Result<AllVerification>> verify_any_team(TeamId first);

 private:
  Task<Result<EntryPage>> read(std::optional<TeamId> team, std::vector<Scope> scopes, Filter filter);

  pg::Database& database_;
};

}  // namespace sandbar::control::audit
