// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/audit/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::audit {
namespace {

namespace bj = boost::json;

constexpr std::size_t kMaxText = 256;

// What PostgreSQL takes as text: what callers send is not always.
std::string clean(std::string_view text) {
  auto valid = to_valid_utf8(text);
  std::erase(valid, '\0');
  return valid;
}

std::string shortened(std::string text) {
  if (text.size() <= kMaxText) return text;
  text.resize(kMaxText);
  while (!text.empty() && !is_utf8(text)) text.pop_back();
  return text;
}

bj::value clean(const bj::value& value) {
  if (const auto* text = value.if_string()) return bj::value(clean(std::string_view(*text)));
  if (const auto* array = value.if_array()) {
    bj::array out;
    for (const auto& item : *array) out.push_back(clean(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    bj::object out;
    for (const auto& [key, item] : *object) out[clean(std::string_view(key))] = clean(item);
    return out;
  }
  return value;
}

bool allows(const EventType& type, const Event& event) {
  auto keys = split(type.metadata, ' ');
  return type.resource_type == event.resource_type && type.action == event.action &&
         type.scope == event.scope && type.status == event.status &&
         std::ranges::all_of(event.metadata, [&](const auto& pair) {
           return std::ranges::find(keys, std::string_view(pair.key())) != keys.end();
         });
}

// An event that the catalogue lacks is found by the tests of whoever records it; the entry counts for more.
void check(const Event& event) {
  bool is_known =
      std::ranges::any_of(catalogue(), [&](const EventType& type) { return allows(type, event); });
  if (!is_known)
    log::error("audit event is not as the catalogue has it", {{"type", event.resource_type},
                                                              {"action", event.action},
                                                              {"metadata", bj::serialize(event.metadata)}});
}

bj::object row_of(const Event& event) {
  const auto& actor = event.actor;
  bj::object row{{"id", AuditLogId::random().uuid().str()},
                 {"team_id", event.team.uuid().str()},
                 {"actor_type", enum_name(actor.type)},
                 {"actor_name", clean(actor.name)},
                 {"resource_type", clean(event.resource_type)},
                 {"action", clean(event.action)},
                 {"scope", enum_name(event.scope)},
                 {"status", enum_name(event.status)},
                 {"metadata", clean(bj::value(event.metadata))},
                 {"source_ip", actor.source_ip},
                 {"user_agent", shortened(clean(actor.user_agent))}};
  if (!actor.id.empty()) row["actor_id"] = actor.id;
  if (event.resource_id) row["resource_id"] = clean(*event.resource_id);
  return row;
}

}  // namespace

Event happened(What what, TeamId team, access::Actor actor, std::optional<std::string> resource_id,
               bj::object metadata) {
  const auto& type = type_of(what);
  return {.team = team,
          .actor = std::move(actor),
          .resource_type = std::string(type.resource_type),
          .action = std::string(type.action),
          .resource_id = std::move(resource_id),
          .status = type.status,
          .scope = type.scope,
          .metadata = std::move(metadata)};
}

Task<Result<void>> record(pg::Session& session, Event event) {
  std::vector<Event> one;
  one.push_back(std::move(event));
  return record_all(session, std::move(one));
}

Task<Result<void>> record_all(pg::Session& session, std::vector<Event> events) {
  if (events.empty()) co_return Result<void>{};
  bj::array rows;
  for (const auto& event : events) {
    check(event);
    rows.push_back(row_of(event));
  }
  auto text = bj::serialize(rows);
  CO_TRY(auto trouble, co_await insert_entries(session, text));
  if (trouble.starts_with("lost"))
    log::error("audit entries could not be stored", {{"entries", text}, {"why", trouble}});
  else if (!trouble.empty())
    log::warn("audit entries were spilled", {{"why", trouble}});
  co_return Result<void>{};
}

Task<void> note(pg::Session& session, Event event) {
  auto type = event.resource_type, action = event.action;
  auto noted = co_await record(session, std::move(event));
  if (!noted)
    log::error("event could not be recorded", {{"type", type}, {"action", action}, {"error", noted.error()}});
}

}  // namespace sandbar::control::audit
