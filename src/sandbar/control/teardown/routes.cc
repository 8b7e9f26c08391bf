// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/teardown/routes.h"

#include "sandbar/control/access/call.h"

namespace sandbar::control::teardown {
namespace {

using access::Call;
using enum http::Access;

Task<Result<http::NoContent>> remove(TeardownService& service, Call& call, TeamId id) {
  if (call.team() != id) co_return fail(Error{Errc::forbidden, "switch to this team first"});
  CO_TRY_VOID(co_await service.remove(call.actor(), id));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> remove_any_team(TeardownService& service, Call& call, TeamId id) {
  CO_TRY_VOID(co_await service.remove_any_team(call.actor(), id));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<TeardownService> kRoutes[] = {
    http::route<&remove>("DELETE", "/v1/teams/{id}", team_owner,
                         "Delete a team, and destroy all that belongs to it"),
    http::route<&remove_any_team>("DELETE", "/v1/admin/teams/{id}", platform_admin,
                                  "Delete any team, and destroy all that belongs to it"),
};

}  // namespace

http::Routes<TeardownService> routes() { return kRoutes; }

}  // namespace sandbar::control::teardown
