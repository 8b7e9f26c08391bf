// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/quotas/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/quotas/api.h"

namespace sandbar::control::quotas {
namespace {

using access::Call;
using enum http::Access;

QuotasView view_of(const std::vector<Quota>& quotas) {
  QuotasView view;
  for (const auto& quota : quotas)
    view.quotas.push_back({std::string(quota.name), quota.limit, quota.used, quota.is_default});
  return view;
}

Task<Result<QuotasView>> list(QuotaService& service, Call& call) {
  CO_TRY(auto quotas, co_await service.list(call.team()));
  co_return view_of(quotas);
}

Task<Result<QuotasView>> list_of_team(QuotaService& service, Call&, TeamId team) {
  CO_TRY(auto quotas, co_await service.list(team));
  co_return view_of(quotas);
}

Task<Result<QuotasView>> set(QuotaService& service, Call& call, TeamId team, SetQuotasRequest request) {
  CO_TRY(auto quotas, co_await service.set(call.actor(), team, request));
  co_return view_of(quotas);
}

constexpr http::ServiceRoute<QuotaService> kRoutes[] = {
    http::route<&list>("GET", "/v1/quotas", team_member, "What the team may hold, and holds now"),
    http::route<&list_of_team>("GET", "/v1/admin/teams/{id}/quotas", platform_admin,
                               "What a team may hold, and holds now"),
    http::route<&set>("PUT", "/v1/admin/teams/{id}/quotas", platform_admin,
                      "Replace a team's own limits; what is left out is the installation's"),
};

}  // namespace

http::Routes<QuotaService> routes() { return kRoutes; }

}  // namespace sandbar::control::quotas
