// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/events.h"

#include <algorithm>

#include "sandbar/json/encode.h"

namespace sandbar::control::webhooks {
namespace {

constexpr std::size_t kMaxWord = 40;

struct ActorBody {
  access::ActorType type = access::ActorType::system;
  std::optional<std::string> id, name;
};
BOOST_DESCRIBE_STRUCT(ActorBody, (), (type, id, name))

struct ResourceBody {
  std::string type;
  std::optional<std::string> id;
};
BOOST_DESCRIBE_STRUCT(ResourceBody, (), (type, id))

struct EventBody {
  std::string id;  // of the audit entry: the same in every delivery of the event
  std::string event;
  Time created_at{};
  TeamId team_id;
  std::optional<std::int64_t> seq;  // place in the team's audit chain
  std::optional<ActorBody> actor;
  ResourceBody resource;
  std::optional<audit::Status> status;
  boost::json::object metadata;
};
BOOST_DESCRIBE_STRUCT(EventBody, (), (id, event, created_at, team_id, seq, actor, resource, status, metadata))

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxWord &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string event_name(const ChainEntry& entry) { return entry.resource_type + "." + entry.action; }

std::string event_body(const ChainEntry& entry, TeamId team) {
  EventBody body{
      .id = entry.id.str(), .event = event_name(entry), .created_at = entry.created_at, .team_id = team};
  body.seq = entry.seq;
  body.actor = ActorBody{entry.actor_type, entry.actor_id, std::nullopt};
  if (!entry.actor_name.empty()) body.actor->name = entry.actor_name;
  body.resource = {entry.resource_type, entry.resource_id};
  body.status = entry.status;
  body.metadata = entry.metadata;
  return json::encode(body);
}

std::string ping_body(const Webhook& webhook, Time now) {
  EventBody body{
      .id = webhook.id.str(), .event = "webhook.ping", .created_at = now, .team_id = webhook.team_id};
  body.resource = {"webhook", webhook.id.str()};
  return json::encode(body);
}

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  auto dot = text.find('.');
  if (dot == text.npos || !is_word(text.substr(0, dot))) return false;
  auto action = text.substr(dot + 1);
  return action == "*" || is_word(action);
}

bool matches(const std::vector<std::string>& patterns, std::string_view event) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == event;
    pattern.remove_suffix(1);
    return event.starts_with(pattern);
  });
}

}  // namespace sandbar::control::webhooks
