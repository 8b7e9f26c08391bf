// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/call.h"
#include "sandbar/control/users/routes.h"

namespace sandbar::control::users::search {
namespace {

using access::Call;
using enum http::Access;

constexpr access::RateLimit kSearches{.burst = 60, .per_minute = 60};

struct SearchQuery {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(SearchQuery, (), (email))

struct FoundUserView {
  UserId user_id;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(FoundUserView, (), (user_id, email))

Task<Result<http::Page<FoundUserView>>> find(SearchService& service, Call& call,
                                             http::Query<SearchQuery> query) {
  CO_TRY_VOID(call.limit_actor(service.limiter(), "search", kSearches));
  CO_TRY(auto users, co_await service.find(query->email));
  http::Page<FoundUserView> page;
  for (auto& user : users) page.items.push_back({user.user_id, std::move(user.email)});
  co_return page;
}

constexpr http::ServiceRoute<SearchService> kRoutes[] = {
    http::route<&find>("GET", "/v1/users/search", session, "Find users by the beginning of their address"),
};

}  // namespace
}  // namespace sandbar::control::users::search

namespace sandbar::control::users {

http::Routes<SearchService> search_routes() { return search::kRoutes; }

}  // namespace sandbar::control::users
