// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/routes.h"
#include "sandbar/control/users/views.h"

namespace sandbar::control::users {
namespace {

using access::Call;
using enum http::Access;

UserView view_of(ListedUser user) {
  return {user.id,    std::move(user.email), std::move(user.name), user.is_admin, user.status,
          user.teams, user.created_at,       user.last_seen_at};
}

Result<bool> required(std::optional<bool> value, std::string field) {
  if (!value) return fail(invalid_request(field + " is required", {{field, "is required"}}));
  return *value;
}

Task<Result<http::Page<UserView>>> list(AdminUsersService& service, Call&,
                                        http::Query<ListUsersQuery> query) {
  CO_TRY(auto page, co_await service.list({query->search.value_or(""), query->cursor, query->limit}));
  http::Page<UserView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& user : page.items) view.items.push_back(view_of(std::move(user)));
  co_return view;
}

Task<Result<http::NoContent>> set_admin(AdminUsersService& service, Call& call, UserId id,
                                        SetAdminRequest request) {
  CO_TRY(bool wanted, required(request.admin, "admin"));
  auto rank = wanted ? AdminUsersService::Rank::admin : AdminUsersService::Rank::user;
  CO_TRY_VOID(co_await service.set_rank(call.actor(), id, rank));
  co_return http::NoContent{};
}

Task<Result<http::NoContent>> set_active(AdminUsersService& service, Call& call, UserId id,
                                         SetActiveRequest request) {
  CO_TRY(bool wanted, required(request.active, "active"));
  auto moved = wanted ? service.enable(call.actor(), id) : service.disable(call.actor(), id);
  CO_TRY_VOID(co_await std::move(moved));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<AdminUsersService> kRoutes[] = {
    http::route<&list>("GET", "/v1/admin/users", platform_admin, "List all users"),
    http::route<&set_admin>("PUT", "/v1/admin/users/{id}/admin", platform_admin,
                            "Make a user a platform admin, or no longer one"),
    http::route<&set_active>("PUT", "/v1/admin/users/{id}/active", platform_admin,
                             "Disable or enable a user, at once"),
};

}  // namespace

http::Routes<AdminUsersService> admin_routes() { return kRoutes; }

}  // namespace sandbar::control::users
