// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/audience.h"

#include <algorithm>
#include <array>

#include "sandbar/base/try.h"
#include "sandbar/control/teams/types.h"
#include "sandbar/control/webhooks/types.h"

namespace sandbar::control::events {
namespace {

struct Prefix {
  std::string_view resource, prefix;
  bool is_for_keys = false;
};

constexpr std::array kPrefixes{
    Prefix{"sandbox", SandboxId::kPrefix, true},
    Prefix{"host", HostId::kPrefix, true},
    Prefix{"template", TemplateId::kPrefix, true},
    Prefix{"build", BuildId::kPrefix, true},
    Prefix{"member", UserId::kPrefix},
    Prefix{"team", TeamId::kPrefix},
    Prefix{"api_key", ApiKeyId::kPrefix},
    Prefix{"webhook", webhooks::WebhookId::kPrefix},
    Prefix{"invitation", teams::InvitationId::kPrefix},
    Prefix{"audit", AuditLogId::kPrefix},
    Prefix{"user", UserId::kPrefix},
};

const Prefix* find(std::string_view resource) {
  const auto* found = std::ranges::find(kPrefixes, resource, &Prefix::resource);
  return found == kPrefixes.end() ? nullptr : found;
}

bool is_for_keys(const Listener& listener, const Change& change) {
  if (change.resource == "host" && !listener.hears_hosts) return false;
  const auto* known = find(change.resource);
  return known && known->is_for_keys;
}

// The platform's templates are everybody's.
bool is_for_all(const Change& change) {
  return change.resource == "template" && change.team_id == kPlatformTeam;
}

}  // namespace

Result<Listener> listener_of(const access::Actor& actor, Scope scope) {
  if (scope == Scope::platform && !actor.is_platform_admin)
    return fail(Error{Errc::forbidden, "only platform admins may hear of all teams"});
  Listener listener{.actor = actor.id, .user = actor.user, .scope = scope};
  if (actor.team) listener.team = actor.team->id;
  listener.is_manager = actor.manages_team();
  listener.is_key = actor.api_key.has_value();
  if (actor.api_key) listener.hears_hosts = actor.has_scope(access::KeyScope::hosts);
  return listener;
}

bool concerns(const Listener& listener, const Change& change) {
  return listener.user && change.user_id == listener.user;
}

bool hears(const Listener& listener, const Change& change) {
  if (listener.is_key && !is_for_keys(listener, change)) return false;
  if (listener.scope == Scope::platform || concerns(listener, change)) return true;
  if (!listener.team) return false;
  if (is_for_all(change)) return true;
  return change.team_id == listener.team && (change.audience == Audience::team || listener.is_manager);
}

std::string wire_id(const Change& change) {
  const auto* known = find(change.resource);
  return std::string(known ? known->prefix : "") + change.id.str();
}

}  // namespace sandbar::control::events
