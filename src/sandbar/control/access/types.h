// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/http/key_scope.h"

// Who acts. Made by the gate from the request's credentials and the database's present state: a token says
// only which user and which team are meant; membership, role, admin flag and disabled state are read for
// every request.

namespace sandbar::control::access {

enum class ActorType { user, api_key, system };
BOOST_DESCRIBE_ENUM(ActorType, user, api_key, system)

enum class TeamRole { owner, admin, member };
BOOST_DESCRIBE_ENUM(TeamRole, owner, admin, member)

// inactive: the link in the activation mail has not been followed yet.
enum class UserStatus { inactive, active, disabled, deleted };
BOOST_DESCRIBE_ENUM(UserStatus, inactive, active, disabled, deleted)

struct Team {
  TeamId id;
  std::string name, slug;
  bool is_byoc = false;
};

using http::KeyScope;

// The program that sends requests, as far as it can be known.
struct Client {
  std::string ip, user_agent;
};

struct Actor {
  ActorType type = ActorType::system;
  std::string id = {};    // wire id; empty for the system and for strangers
  std::string name = {};  // at this moment
  std::optional<UserId> user = {};
  std::string email = {};
  std::optional<SessionId> session = {};  // that the user's token belongs to
  bool is_platform_admin = false, has_password = false;
  std::vector<std::string> providers = {};  // that sign the user in
  std::optional<ApiKeyId> api_key = {};
  std::vector<KeyScope> scopes = {};  // of the key
  std::optional<Team> team = {};      // a live one, of which the actor is a member or which the key acts for
  std::optional<TeamRole> role = {};  // of a user in that team
  std::optional<TeamId> meant_team = {};  // what the token names, whether or not the actor is (still) in it
  std::optional<HostId> host = {};        // who sent X-Host-Token
  std::string source_ip = {}, user_agent = {};  // of the request; empty for the system

  // "user usr-…", "api_key key-…", "host host-…"; empty for strangers.
  std::string label() const;
  bool manages_team() const { return role == TeamRole::owner || role == TeamRole::admin; }
  // Of a user who manages the team, or of a key that was made for it.
  bool manages_hosts() const { return manages_team() || has_scope(KeyScope::hosts); }
  bool has_scope(KeyScope scope) const { return std::ranges::find(scopes, scope) != scopes.end(); }
};

// What jobs act as.
inline Actor system_actor() { return {}; }

}  // namespace sandbar::control::access
