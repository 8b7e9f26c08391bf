// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/templates/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/templates/api.h"

namespace sandbar::control::templates {
namespace {

using access::Call;
using enum http::Access;

Task<Result<http::Page<TemplateView>>> list(TemplateService& service, Call& call,
                                            http::Query<TemplateQuery> query) {
  ListTemplates wanted{call.team(), query->type, query->cursor, query->limit};
  CO_TRY(auto page, co_await service.list(std::move(wanted)));
  http::Page<TemplateView> view{.next_cursor = std::move(page.next_cursor)};
  for (const auto& row : page.items) view.items.push_back(view_of(row));
  co_return view;
}

constexpr http::ServiceRoute<TemplateService> kRoutes[] = {
    http::route<&list>("GET", "/v1/templates", team_member,
                       "List the templates that sandboxes can start from"),
};

}  // namespace

http::Routes<TemplateService> routes() { return kRoutes; }

}  // namespace sandbar::control::templates
