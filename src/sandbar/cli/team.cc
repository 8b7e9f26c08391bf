// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/team.h"

#include "sandbar/base/strings.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct MyTeam {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(MyTeam, (), (id))

struct MeAnswer {
  std::optional<MyTeam> team;
};
BOOST_DESCRIBE_STRUCT(MeAnswer, (), (team))

}  // namespace

Task<Result<std::string>> current_team_path(Api& api) {
  CO_TRY(auto answer, co_await api.get("/v1/me", Auth::session));
  CO_TRY(auto me, view_of<MeAnswer>(answer));
  if (!me.team) co_return fail(Error{Errc::no_team, "you are in no team: sandbar teams create NAME"});
  co_return "/v1/teams/" + me.team->id;
}

Task<Result<boost::json::array>> own_teams(Api& api) { return api.list("/v1/teams", Auth::session); }

Result<TeamView> find_team(const std::vector<TeamView>& teams, const std::string& wanted) {
  std::vector<TeamView> fitting;
  for (const auto& team : teams) {
    if (team.id == wanted || team.slug == wanted) return team;
    if (team.name && equals_ignore_case(*team.name, wanted)) fitting.push_back(team);
  }
  if (fitting.empty()) return fail(not_found("team", wanted));
  if (fitting.size() == 1) return fitting.front();
  return fail(invalid_request(wanted + " is the name of several of your teams: use the id or the slug"));
}

Task<Result<std::string>> member_id(Api& api, std::string team_path, std::string wanted) {
  if (wanted.starts_with("usr-")) co_return wanted;
  CO_TRY(auto items, co_await api.list(team_path + "/members", Auth::session));
  CO_TRY(auto members, view_of<std::vector<MemberView>>(items));
  for (const auto& member : members)
    if (member.email && equals_ignore_case(*member.email, wanted)) co_return member.user_id;
  co_return fail(not_found("member", wanted));
}

}  // namespace sandbar::cli
