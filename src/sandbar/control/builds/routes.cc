// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/routes.h"

#include "sandbar/control/builds/api.h"
#include "sandbar/control/builds/log_stream.h"

namespace sandbar::control::builds {
namespace {

using access::Call;
using enum http::Access;

BuildView view_of(const Build& build) {
  return {build.id,           build.name,        build.status,
          build.template_id,  build.host_id,     build.team_id == kPlatformTeam,
          build.current_step, build.total_steps, build.error,
          build.created_by,   build.created_at,  build.started_at,
          build.completed_at};
}

// The same routes serve a team and, under /v1/admin, the platform.
enum class For { team, platform };

template <For who>
TeamId team_of(Call& call) {
  if constexpr (who == For::platform) return kPlatformTeam;
  return call.team();
}

template <For who>
Task<Result<http::Created<BuildView>>> create(BuildService& service, Call& call, CreateBuildRequest request) {
  NewBuild wanted;
  wanted.name = std::move(request.name.value);
  wanted.definition = std::move(request.definition);
  wanted.healthcheck = std::move(request.healthcheck.value);
  wanted.vcpus = request.vcpus;
  wanted.memory_mb = request.memory_mb;
  wanted.disk_mb = request.disk_mb;
  if (request.overwrite) wanted.if_taken = templates::IfTaken::replace;
  CO_TRY(auto build, co_await service.create(call.actor(), team_of<who>(call), std::move(wanted)));
  co_return http::Created<BuildView>{view_of(build)};
}

template <For who>
Task<Result<http::Page<BuildView>>> list(BuildService& service, Call& call, http::Query<BuildQuery> query) {
  CO_TRY(auto page, co_await service.list({team_of<who>(call), query->cursor, query->limit}));
  http::Page<BuildView> view{.next_cursor = std::move(page.next_cursor)};
  for (const auto& build : page.items) view.items.push_back(view_of(build));
  co_return view;
}

template <For who>
Task<Result<BuildView>> view(BuildService& service, Call& call, BuildId id) {
  CO_TRY(auto build, co_await service.get(team_of<who>(call), id));
  co_return view_of(build);
}

template <For who>
Task<Result<http::Streamed>> log(BuildService& service, Call& call, BuildId id, http::Query<LogQuery> query) {
  auto follow = query->follow ? Follow::yes : Follow::no;
  return stream_log(service, call, team_of<who>(call), id, query->from, follow);
}

template <For who>
Task<Result<BuildView>> cancel(BuildService& service, Call& call, BuildId id) {
  CO_TRY(auto build, co_await service.cancel(call.actor(), team_of<who>(call), id));
  co_return view_of(build);
}

using enum For;
constexpr http::KeyNeed kRead{http::KeyScope::templates, true}, kWrite{http::KeyScope::templates, false};

constexpr http::ServiceRoute<BuildService> kRoutes[] = {
    http::route<&create<team>>("POST", "/v1/templates", team_member, "Build a template from a definition",
                               kWrite),
    http::route<&list<team>>("GET", "/v1/builds", team_member, "List builds of templates, newest first",
                             kRead),
    http::route<&view<team>>("GET", "/v1/builds/{id}", team_member, "Show a build and how far it is", kRead),
    http::route<&log<team>>("GET", "/v1/builds/{id}/log", team_member,
                            "Read a build's log, with ?follow=true until it has ended", kRead),
    http::route<&cancel<team>>("POST", "/v1/builds/{id}/cancel", team_member, "Cancel a build", kWrite),
    http::route<&create<platform>>("POST", "/v1/admin/builds", platform_admin,
                                   "Build a template of the platform from a definition"),
    http::route<&list<platform>>("GET", "/v1/admin/builds", platform_admin,
                                 "List builds of the platform's templates, newest first"),
    http::route<&view<platform>>("GET", "/v1/admin/builds/{id}", platform_admin,
                                 "Show a build of the platform"),
    http::route<&log<platform>>("GET", "/v1/admin/builds/{id}/log", platform_admin,
                                "Read the log of a build of the platform"),
    http::route<&cancel<platform>>("POST", "/v1/admin/builds/{id}/cancel", platform_admin,
                                   "Cancel a build of the platform"),
};

}  // namespace

http::Routes<BuildService> routes() { return kRoutes; }

}  // namespace sandbar::control::builds
