// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/templates/service.h"

#include "sandbar/control/templates/store.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/names.h"

namespace sandbar::control::templates {
namespace {

Task<Result<std::optional<Template>>> find(pg::Session& session, TeamId team, std::string reference) {
  if (auto id = TemplateId::parse(reference)) return find_template(session, team, *id);
  return find_template(session, team, std::move(reference));
}

}  // namespace

Task<Result<Template>> TemplateService::resolve(TeamId team, std::string reference) {
  if (!is_template_name(reference))
    co_return fail(invalid_request("template is not a template's name", {{"template", "is not a template's name"}}));
  CO_TRY(auto found, co_await find(database_, team, reference));
  if (!found) co_return fail(not_found("template", reference));
  co_return *std::move(found);
}

Task<Result<http::Page<Template>>> TemplateService::list(ListTemplates list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  CO_TRY(auto rows, co_await list_templates(database_, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Template>{std::move(rows), std::move(next)};
}

}  // namespace sandbar::control::templates
