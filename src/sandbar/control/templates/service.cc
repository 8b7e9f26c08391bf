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

Task<Result<http::Page<Template>>> TemplateService::list(ListTemplates list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  CO_TRY(auto rows, co_await list_templates(database_, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Template>{std::move(rows), std::move(next)};
}

Task<Result<Template>> TemplateService::begin_snapshot(NewSnapshot snapshot) {
  return insert_snapshot(database_, std::move(snapshot));
}

Task<Result<Template>> TemplateService::finish_snapshot(pg::Transaction& tx, Made made) {
  CO_TRY_VOID(co_await insert_holder_any_team(tx, made.id, made.host_id, made.size_bytes));
  co_return co_await mark_ready_any_team(tx, made.id, made.vcpus, made.memory_mb, made.disk_mb,
                                         made.size_bytes);
}

Task<Result<void>> TemplateService::drop_snapshot(TemplateId id) {
  return delete_unfinished_any_team(database_, id);
}

Task<Result<void>> TemplateService::begin_removal(pg::Transaction& tx, TeamId team, TemplateId id) {
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
