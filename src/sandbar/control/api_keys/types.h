// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"
#include "sandbar/http/key_scope.h"

namespace sandbar::control::api_keys {

using http::KeyScope;

struct ApiKey {
  ApiKeyId id;
  TeamId team_id;
  std::string name, key_prefix;
  std::vector<std::string> scopes;
  std::optional<UserId> created_by;
  std::optional<std::string> creator_email;
  Time created_at{};
  std::optional<Time> expires_at, last_used;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (),
                      (id, team_id, name, key_prefix, scopes, created_by, creator_email, created_at,
                       expires_at, last_used))

struct NewKey {
  std::string name;
  std::optional<Time> expires_at = {};
  std::vector<KeyScope> scopes = {};  // none: everything but hosts
};

struct NewApiKey {
  ApiKey row;
  Secret key;  // shown once, never stored
};

}  // namespace sandbar::control::api_keys
