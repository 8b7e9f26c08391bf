// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/service.h"

#include <algorithm>

#include "sandbar/base/check.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/chain_store.h"
#include "sandbar/control/audit/store.h"

namespace sandbar::control::audit {
namespace {

constexpr std::size_t kMaxValues = 100, kMaxText = 200;
constexpr int kTeamsAtOnce = 1000;

bool fits(const std::vector<std::string>& wanted, std::string_view value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

// The catalogue's events that the filter means and the scopes contain; nothing if it means all of them.
std::optional<std::vector<std::string>> events_of(const Filter& filter, const std::vector<Scope>& scopes) {
  if (filter.resource_types.empty() && filter.actions.empty() && filter.events.empty()) return std::nullopt;
  std::vector<std::string> events;
  for (const auto& type : catalogue()) {
    auto event = fmt::format("{}.{}", type.resource_type, type.action);
    if (std::ranges::find(scopes, type.scope) != scopes.end() &&
        fits(filter.resource_types, type.resource_type) && fits(filter.actions, type.action) &&
        fits(filter.events, event))
      events.push_back(std::move(event));
  }
  std::ranges::sort(events);
  events.erase(std::ranges::unique(events).begin(), events.end());
  return events;
}

std::vector<std::string> without_repetitions(std::vector<std::string> values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  return values;
}

Result<void> refuse(std::string field, std::string what) {
  auto message = field + " " + what;
  return fail(invalid_request(std::move(message), {{std::move(field), std::move(what)}}));
}

Result<void> check(const Filter& filter) {
  if (filter.limit < 1) return refuse("limit", "must be at least 1");
  if (filter.span.before_id && !filter.span.before) return refuse("before_id", "needs before");
  if (filter.resource_types.size() > kMaxValues) return refuse("resource_type", "has too many values");
  if (filter.actions.size() > kMaxValues) return refuse("action", "has too many values");
  if (filter.events.size() > kMaxValues) return refuse("event", "has too many values");
  if (filter.actors.size() > kMaxValues) return refuse("actor", "has too many values");
  if (filter.resource_id && filter.resource_id->size() > kMaxText)
    return refuse("resource_id", "is too long");
  if (filter.resource_id && filter.resource_id->contains('\0')) return refuse("resource_id", "must be text");
  if (filter.text && filter.text->size() > kMaxText) return refuse("text", "is too long");
  if (filter.text && filter.text->contains('\0')) return refuse("text", "must be text");
  return {};
}

std::vector<Scope> scopes_of(const access::Actor& actor) {
  if (actor.manages_team()) return {Scope::team, Scope::admin};
  return {Scope::team};
}

}  // namespace

Task<Result<EntryPage>> AuditService::list(access::Actor actor, Filter filter) {
  SANDBAR_CHECK(actor.team);
  filter.limit = std::min(filter.limit, kMaxPage);
  return read(actor.team->id, scopes_of(actor), std::move(filter));
}

Task<Result<EntryPage>> AuditService::list_any_team(std::optional<TeamId> team, Filter filter) {
  filter.limit = std::min(filter.limit, kMaxPage);
  return read(team, {Scope::team, Scope::admin}, std::move(filter));
}

Task<Result<EntryPage>> AuditService::export_part(access::Actor actor, Filter filter) {
  SANDBAR_CHECK(actor.team);
  filter.limit = std::min(filter.limit, kExportPage);
  return read(actor.team->id, scopes_of(actor), std::move(filter));
}

// What no index bounds must not hold up the statements of others.
Task<Result<EntryPage>> AuditService::read(std::optional<TeamId> team, std::vector<Scope> scopes,
                                           Filter filter) {
  CO_TRY_VOID(check(filter));
  auto events = events_of(filter, scopes);
  if (events && events->empty()) co_return EntryPage{};
  auto limit = static_cast<std::size_t>(filter.limit);
  bool is_slow = filter.text || (!team && !filter.resource_id) || filter.limit > kMaxPage;
  EntryQuery query{.team = team, .scopes = std::move(scopes), .events = std::move(events)};
  query.actors = without_repetitions(std::move(filter.actors));
  query.resource_id = std::move(filter.resource_id);
  query.span = filter.span;
  query.text = std::move(filter.text);
  query.limit = filter.limit + 1;
  std::unique_ptr<pg::Session> lane;
  if (is_slow) {
    CO_TRY(lane, co_await database_.slow_lane());
  }
  CO_TRY(auto entries, co_await list_entries(lane ? *lane : database_, std::move(query)));
  bool more = entries.size() > limit;
  if (more) entries.resize(limit);
  co_return EntryPage{std::move(entries), more};
}

Task<Result<Verification>> AuditService::verify(TeamId team, std::int64_t after_seq) {
  CO_TRY(auto lane, co_await database_.slow_lane());
  co_return co_await verify_chain(*lane, team, after_seq);
}

Task<Result<AllVerification>> AuditService::verify_any_team(TeamId first) {
  CO_TRY(auto lane, co_await database_.slow_lane());
  CO_TRY(auto teams, co_await list_teams_from(*lane, first, kTeamsAtOnce + 1));
  AllVerification all;
  for (auto team : teams) {
    if (all.teams == kTeamsAtOnce || all.checked >= kMaxVerified) {
      all.next = team;
      break;
    }
    ++all.teams;
    for (std::optional<std::int64_t> after = 0; after;) {
      CO_TRY(auto found, co_await verify_chain(*lane, team, *after));
      all.checked += found.checked;
      if (!found.next_after_seq) all.unsealed += found.unsealed;
      if (found.broken) all.broken.emplace_back(team, *found.broken);
      after = found.next_after_seq;
    }
  }
  co_return all;
}

}  // namespace sandbar::control::audit
