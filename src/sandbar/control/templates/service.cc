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
    co_return fail(
        invalid_request("template is not a template's name", {{"template", "is not a template's name"}}));
  CO_TRY(auto found, co_await find(database_, team, reference));
  if (!found) co_return fail(not_found("template", reference));
  co_return *std::move(found);
}

Task<Result<http::Page<Listed>>> TemplateService::list(ListTemplates list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  CO_TRY(auto rows, co_await list_templates(database_, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Listed>{std::move(rows), std::move(next)};
}

Task<Result<Listed>> TemplateService::view(TeamId team, std::string reference) {
  CO_TRY(auto found, co_await resolve(team, reference));
  CO_TRY(auto rows, co_await list_templates(database_, {.team_id = team, .only = found.id, .limit = 1}));
  if (rows.empty()) co_return fail(not_found("template", reference));
  co_return std::move(rows.front());
}

Task<Result<Template>> TemplateService::begin(pg::Session& session, NewTemplate wanted) {
  return insert_template(session, std::move(wanted));
}

// The old one first: until the end of the transaction it has the name.
Task<Result<Template>> TemplateService::finish(pg::Transaction& tx, Made made) {
  CO_TRY_VOID(co_await lock_name_any_team(tx, made.id));
  CO_TRY_VOID(co_await insert_holder_any_team(tx, made.id, made.host_id, made.size_bytes));
  CO_TRY(auto replaced, co_await retire_replaced_any_team(tx, made.id));
  for (auto old : replaced) CO_TRY_VOID(co_await request_removal_any_team(tx, old));
  co_return co_await mark_ready_any_team(tx, std::move(made));
}

Task<Result<void>> TemplateService::drop(pg::Transaction& tx, TemplateId id, std::optional<HostId> host) {
  CO_TRY_VOID(co_await drop_unfinished_any_team(tx, id));
  if (host) CO_TRY_VOID(co_await expect_removal_any_team(tx, id, *host));
  co_return Result<void>{};
}

Task<Result<void>> TemplateService::begin_removal(pg::Transaction& tx, TeamId team, TemplateId id) {
  if (id.str() == kBaseTemplateId)
    co_return fail(Error{Errc::forbidden, "every installation needs this template"});
  CO_TRY(auto marked, co_await mark_deleting(tx, team, id));
  if (!marked)
    co_return fail(Error{Errc::template_in_use, "a sandbox that was started from it still needs it"});
  co_return co_await request_removal_any_team(tx, id);
}

Task<Result<std::vector<Removal>>> TemplateService::list_removals() {
  return list_removals_any_team(database_);
}

Task<Result<void>> TemplateService::finish_removal(Removal removal) {
  return forget_holder_any_team(database_, removal.template_id, removal.host_id);
}

Task<Result<void>> TemplateService::forget_removed() { return delete_unheld_any_team(database_); }

}  // namespace sandbar::control::templates
