// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/templates/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/templates/api.h"

namespace sandbar::control::templates {

namespace {

std::vector<HostId> ids_of(const std::vector<std::string>& uuids) {
  std::vector<HostId> ids;
  for (const auto& uuid : uuids)
    if (auto parsed = Uuid::parse(uuid)) ids.push_back(HostId(*parsed));
  return ids;
}

}  // namespace

TemplateView view_of(const Listed& row) {
  return {row.id,
          row.name,
          row.type,
          row.status,
          row.vcpus,
          row.memory_mb,
          row.disk_mb,
          row.size_bytes,
          row.team_id,
          row.team_id == kPlatformTeam,
          row.parent_template_id,
          row.parent,
          row.source_sandbox_id,
          ids_of(row.hosts),
          ids_of(row.fetching_hosts),
          row.in_use,
          row.created_by,
          row.created_at};
}

namespace {

using access::Call;
using enum http::Access;

http::Page<TemplateView> page_view(http::Page<Listed> page) {
  http::Page<TemplateView> view{.next_cursor = std::move(page.next_cursor)};
  for (const auto& row : page.items) view.items.push_back(view_of(row));
  return view;
}

Task<Result<http::Page<TemplateView>>> list(TemplateService& service, Call& call,
                                            http::Query<TemplateQuery> query) {
  ListTemplates wanted{call.team(), query->type, {}, query->cursor, query->limit};
  CO_TRY(auto page, co_await service.list(std::move(wanted)));
  co_return page_view(std::move(page));
}

Task<Result<TemplateView>> view(TemplateService& service, Call& call, std::string name) {
  CO_TRY(auto found, co_await service.view(call.team(), std::move(name)));
  co_return view_of(found);
}

Task<Result<http::Page<TemplateView>>> list_platform(TemplateService& service, Call&,
                                                     http::Query<TemplateQuery> query) {
  ListTemplates wanted{kPlatformTeam, query->type, {}, query->cursor, query->limit};
  CO_TRY(auto page, co_await service.list(std::move(wanted)));
  co_return page_view(std::move(page));
}

constexpr http::ServiceRoute<TemplateService> kRoutes[] = {
    http::route<&list>("GET", "/v1/templates", team_member,
                       "List the templates that sandboxes can start from"),
    http::route<&view>("GET", "/v1/templates/{name}", team_member,
                       "Show a template: where it comes from, which hosts hold it, who uses it"),
    http::route<&list_platform>("GET", "/v1/admin/templates", platform_admin,
                                "List the platform's templates"),
};

}  // namespace

http::Routes<TemplateService> routes() { return kRoutes; }

}  // namespace sandbar::control::templates
