// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teams/service.h"

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/store.h"
#include "sandbar/model/names.h"

namespace sandbar::control::teams {
namespace {

constexpr int kMaxTeamsOfUser = 100;
constexpr int kSlugAttempts = 5;

std::string random_slug() {
  auto digits = random_hex(6);
  return digits.insert(6, 1, '-');
}

Result<std::string> checked_name(std::string name) {
  name = trim(name);
  if (is_team_name(name)) return name;
  constexpr auto kWhy = "must have 1 to 128 letters, digits, spaces or _ - @ '";
  return fail(invalid_request(fmt::format("name {}", kWhy), {{"name", kWhy}}));
}

// "Zoë's Team"; characters that a team's name cannot have are left out.
std::string default_name(std::string_view user_name) {
  std::string kept;
  for (char c : user_name)
    if (is_team_name(std::string(1, c)) || c == ' ' || static_cast<unsigned char>(c) >= 0x80) kept += c;
  auto name = std::string(trim(kept)) + "'s Team";
  return is_team_name(name) && name.front() != '\'' ? name : "My Team";
}

Task<Result<Team>> found(pg::Session& session, UserId owner, std::string name, Landing landing) {
  for (int attempt = 0; attempt < kSlugAttempts; ++attempt) {
    CO_TRY(auto team, co_await insert_team(session, name, random_slug()));
    if (!team) continue;
    CO_TRY_VOID(co_await insert_member(session, team->id, owner, TeamRole::owner, landing));
    co_return *std::move(team);
  }
  co_return fail(internal_error("no free slug found"));
}

audit::Event event(const access::Actor& actor, TeamId team, std::string action, audit::Status status) {
  return {.team = team,
          .actor = actor,
          .resource_type = "team",
          .action = std::move(action),
          .resource_id = team.str(),
          .status = status};
}

}  // namespace

Task<Result<Team>> found_default_team(pg::Transaction& tx, UserId owner, std::string user_name) {
  return found(tx, owner, default_name(user_name), Landing::here);
}

Task<Result<TeamOfUser>> TeamsService::create(access::Actor actor, std::string name) {
  CO_TRY(name, checked_name(std::move(name)));
  co_return co_await database_.transaction<TeamOfUser>(
      std::bind_front(&TeamsService::create_in, this, std::move(actor), std::move(name)));
}

Task<Result<TeamOfUser>> TeamsService::create_in(access::Actor actor, std::string name, pg::Transaction& tx) {
  CO_TRY(auto count, co_await count_teams_of_user(tx, *actor.user));
  if (count >= kMaxTeamsOfUser)
    co_return fail(Error{Errc::quota_exceeded, "you are in too many teams already"});
  CO_TRY(auto team, co_await found(tx, *actor.user, std::move(name), Landing::elsewhere));
  auto created = event(actor, team.id, "create", audit::Status::success);
  created.metadata = {{"name", team.name}};
  CO_TRY_VOID(co_await audit::record(tx, std::move(created)));
  co_return TeamOfUser{team.id, team.name, team.slug, team.is_byoc, team.created_at, TeamRole::owner};
}

Task<Result<std::vector<TeamOfUser>>> TeamsService::list(UserId user) {
  return list_teams_of_user(database_, user);
}

Task<Result<TeamDetail>> TeamsService::get(TeamId team) {
  TeamDetail detail;
  CO_TRY(detail.team, co_await get_team(database_, team));
  CO_TRY(detail.members, co_await list_members(database_, team));
  co_return detail;
}

Task<Result<void>> TeamsService::rename(access::Actor actor, TeamId team, std::string name) {
  CO_TRY(name, checked_name(std::move(name)));
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&TeamsService::rename_in, this, std::move(actor), team, std::move(name))));
  co_return Result<void>{};
}

Task<Result<bool>> TeamsService::rename_in(access::Actor actor, TeamId team, std::string name,
                                           pg::Transaction& tx) {
  CO_TRY(auto old_name, co_await update_team_name(tx, team, name));
  auto renamed = event(actor, team, "rename", audit::Status::info);
  renamed.metadata = {{"old_name", old_name}, {"new_name", name}};
  CO_TRY_VOID(co_await audit::record(tx, std::move(renamed)));
  co_return true;
}

}  // namespace sandbar::control::teams
