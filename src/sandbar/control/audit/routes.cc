// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/audit/api.h"

namespace sandbar::control::audit {
namespace {

using access::Call;
using enum http::Access;
using Filters = http::Query<AuditFilterQuery>;
using Paging = http::Query<AuditPageQuery>;

std::optional<std::string> if_any(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

AuditLogView view_of(Entry entry) {
  AuditLogView view{.id = entry.id, .actor_type = entry.actor_type, .actor_id = std::move(entry.actor_id)};
  view.actor_name = if_any(std::move(entry.actor_name));
  view.resource_type = std::move(entry.resource_type);
  view.resource_id = std::move(entry.resource_id);
  view.action = std::move(entry.action);
  view.scope = entry.scope;
  view.status = entry.status;
  if (!entry.metadata.empty()) view.metadata = std::move(entry.metadata);
  view.created_at = entry.created_at;
  return view;
}

AuditLogView full_view_of(Entry entry) {
  auto view = view_of(entry);
  view.source_ip = if_any(std::move(entry.source_ip));
  view.user_agent = if_any(std::move(entry.user_agent));
  view.seq = entry.seq;
  view.hash = std::move(entry.hash);
  return view;
}

AuditLogPage page_of(std::vector<AuditLogView> items, bool more) {
  AuditLogPage page{std::move(items), {}, {}};
  if (more) {
    page.next_before = page.items.back().created_at;
    page.next_before_id = page.items.back().id;
  }
  return page;
}

Filter filter_of(const AuditFilterQuery& query) {
  Filter filter{.resource_types = query.resource_type, .actions = query.action};
  filter.events = query.event;
  filter.actors = query.actor;
  if (query.resource_id) filter.resource_id = if_any(*query.resource_id);
  filter.span.from = query.from;
  filter.span.to = query.to;
  if (query.text) filter.text = if_any(*query.text);
  return filter;
}

Filter filter_of(const AuditFilterQuery& query, const AuditPageQuery& paging) {
  auto filter = filter_of(query);
  filter.limit = paging.limit;
  filter.span.before = paging.before;
  filter.span.before_id = paging.before_id;
  return filter;
}

Task<Result<AuditLogPage>> list(AuditService& service, Call& call, Filters filters, Paging paging) {
  CO_TRY(auto page, co_await service.list(call.actor(), filter_of(*filters, *paging)));
  auto view = call.actor().manages_team() ? full_view_of : view_of;
  std::vector<AuditLogView> items;
  for (auto& entry : page.entries) items.push_back(view(std::move(entry)));
  co_return page_of(std::move(items), page.more);
}

Task<Result<AuditLogPage>> list_all(AuditService& service, Call&, Filters filters, Paging paging,
                                    http::Query<OfTeamQuery> of) {
  CO_TRY(auto page, co_await service.list_any_team(of->team_id, filter_of(*filters, *paging)));
  std::vector<AuditLogView> items;
  for (auto& entry : page.entries) {
    auto team = entry.team_id;
    items.push_back(full_view_of(std::move(entry)));
    items.back().team_id = team;
  }
  co_return page_of(std::move(items), page.more);
}

http::ResponseHead export_head(ExportFormat format) {
  bool is_csv = format == ExportFormat::csv;
  http::ResponseHead head;
  head.headers.set("Content-Type", is_csv ? "text/csv; charset=utf-8" : "application/jsonl");
  head.headers.set("Content-Disposition",
                   fmt::format("attachment; filename=\"audit.{}\"", enum_name(format)));
  head.headers.set("X-Content-Type-Options", "nosniff");
  return head;
}

// Newest first, a part at a time: what is written meanwhile is newer, and not in it.
Task<Result<http::TextLines>> download(AuditService& service, Call& call, Filters filters,
                                       http::Query<ExportQuery> query) {
  auto filter = filter_of(*filters);
  auto detail = call.actor().manages_team() ? Detail::full : Detail::team;
  filter.limit = kExportPage;
  CO_TRY(auto part, co_await service.export_part(call.actor(), filter));
  CO_TRY_VOID(co_await call.start(export_head(query->format)));
  auto text = first_line(query->format);
  for (;;) {
    for (const auto& entry : part.entries) text += line_of(entry, query->format, detail);
    CO_TRY_VOID(co_await call.exchange().write(std::exchange(text, {})));
    if (!part.more) break;
    filter.span.before = part.entries.back().created_at;
    filter.span.before_id = part.entries.back().id;
    auto next = co_await service.export_part(call.actor(), filter);
    if (!next) call.exchange().abort();  // a short export must not look like a whole one
    CO_TRY(part, std::move(next));
  }
  CO_TRY_VOID(co_await call.exchange().finish());
  co_return http::TextLines{};
}

std::optional<BrokenView> view_of(const std::optional<Broken>& broken) {
  if (!broken) return std::nullopt;
  return BrokenView{broken->damage, broken->seq, broken->id};
}

Task<Result<VerificationView>> verify(AuditService& service, Call& call, http::Query<VerifyQuery> query) {
  CO_TRY(auto found, co_await service.verify(call.team(), query->after_seq));
  co_return VerificationView{found.ok,        found.checked,         found.unsealed,      found.head_seq,
                             found.head_hash, view_of(found.broken), found.next_after_seq};
}

Task<Result<AllVerificationView>> verify_all(AuditService& service, Call&, http::Query<FromTeamQuery> query) {
  CO_TRY(auto found, co_await service.verify_any_team(query->from_team_id.value_or(TeamId())));
  AllVerificationView view{found.broken.empty(), found.teams, found.checked, found.unsealed, {}, found.next};
  for (const auto& [team, broken] : found.broken) view.broken.push_back({team, *view_of(broken)});
  co_return view;
}

constexpr http::ServiceRoute<AuditService> kRoutes[] = {
    http::route<&list>("GET", "/v1/audit-logs", user, "List who did what in the team, newest first"),
    http::route<&download>("GET", "/v1/audit-logs/export", user,
                           "Download the whole log, or what filters leave of it, as JSON lines or CSV"),
    http::route<&verify, http::Refusal<404>>(
        "GET", "/v1/audit-logs/verify", team_admin,
        "Check that no entry of the log was changed, removed or slipped in"),
    http::route<&list_all>("GET", "/v1/admin/audit-logs", platform_admin,
                           "List who did what in all teams, newest first"),
    http::route<&verify_all>("GET", "/v1/admin/audit-logs/verify", platform_admin,
                             "Check the logs of all teams"),
};

}  // namespace

http::Routes<AuditService> routes() { return kRoutes; }

}  // namespace sandbar::control::audit
