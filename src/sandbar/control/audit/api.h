// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/export.h"
#include "sandbar/control/audit/verifier.h"
#include "sandbar/json/schema.h"

namespace sandbar::control::audit {

// Lists may be repeated or separated by commas.
struct AuditFilterQuery {
  std::vector<std::string> resource_type, action, event, actor;
  std::optional<std::string> resource_id;
  std::optional<Time> from, to;
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(AuditFilterQuery, (),
                      (resource_type, action, event, actor, resource_id, from, to, text))

struct AuditPageQuery {
  int limit = 50;
  std::optional<Time> before;
  std::optional<AuditLogId> before_id;
};
BOOST_DESCRIBE_STRUCT(AuditPageQuery, (), (limit, before, before_id))

constexpr auto schema_notes(const AuditFilterQuery*) {
  return std::to_array<json::Note>({{"event", "example", "sandbox.create"},
                                    {"actor", "description", "id of a user or key, or system"},
                                    {"resource_id", "maxLength", 200},
                                    {"resource_id", "description", "exactly that one, such as sb-…"},
                                    {"text", "maxLength", 200}});
}
constexpr auto schema_notes(const AuditPageQuery*) {
  return std::to_array<json::Note>(
      {{"limit", "minimum", 1}, {"limit", "description", "more than 200 is 200"}});
}

struct ExportQuery {
  ExportFormat format = ExportFormat::jsonl;
};
BOOST_DESCRIBE_STRUCT(ExportQuery, (), (format))

struct VerifyQuery {
  std::int64_t after_seq = 0;
};
BOOST_DESCRIBE_STRUCT(VerifyQuery, (), (after_seq))

struct OfTeamQuery {
  std::optional<TeamId> team_id;
};
BOOST_DESCRIBE_STRUCT(OfTeamQuery, (), (team_id))

// Owners and admins see also where an entry came from and its place on the chain.
struct AuditLogView {
  AuditLogId id;
  std::optional<TeamId> team_id;  // only in the list of all teams
  access::ActorType actor_type = access::ActorType::system;
  std::optional<std::string> actor_id, actor_name;
  std::string resource_type;
  std::optional<std::string> resource_id;
  std::string action;
  Scope scope = Scope::team;
  Status status = Status::success;
  std::optional<boost::json::object> metadata;
  std::optional<std::string> source_ip, user_agent;
  Time created_at{};
  std::optional<std::int64_t> seq;
  std::optional<std::string> hash;
};
BOOST_DESCRIBE_STRUCT(AuditLogView, (),
                      (id, team_id, actor_type, actor_id, actor_name, resource_type, resource_id, action,
                       scope, status, metadata, source_ip, user_agent, created_at, seq, hash))

struct AuditLogPage {
  std::vector<AuditLogView> items;
  std::optional<Time> next_before;  // both absent on the last page
  std::optional<AuditLogId> next_before_id;
};
BOOST_DESCRIBE_STRUCT(AuditLogPage, (), (items, next_before, next_before_id))

struct FromTeamQuery {
  std::optional<TeamId> from_team_id;
};
BOOST_DESCRIBE_STRUCT(FromTeamQuery, (), (from_team_id))

struct BrokenView {
  Damage damage = Damage::changed;
  std::optional<std::int64_t> seq;
  std::optional<AuditLogId> id;
};
BOOST_DESCRIBE_STRUCT(BrokenView, (), (damage, seq, id))

struct VerificationView {
  bool ok = true;
  std::int64_t checked = 0, unsealed = 0;
  std::optional<std::int64_t> head_seq;
  std::optional<std::string> head_hash;
  std::optional<BrokenView> broken;
  std::optional<std::int64_t> next_after_seq;  // there is more: verify again from here
};
BOOST_DESCRIBE_STRUCT(VerificationView, (),
                      (ok, checked, unsealed, head_seq, head_hash, broken, next_after_seq))

struct BrokenTeamView {
  TeamId team_id;
  BrokenView broken;
};
BOOST_DESCRIBE_STRUCT(BrokenTeamView, (), (team_id, broken))

struct AllVerificationView {
  bool ok = true;
  std::int64_t teams = 0, checked = 0, unsealed = 0;
  std::vector<BrokenTeamView> broken;
  std::optional<TeamId> next_team_id;  // there is more: verify again from this team
};
BOOST_DESCRIBE_STRUCT(AllVerificationView, (), (ok, teams, checked, unsealed, broken, next_team_id))

}  // namespace sandbar::control::audit
