// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/api_keys/types.h"

namespace sandbar::control::api_keys {

struct CreateApiKeyRequest {
  std::optional<std::string> name;
  std::optional<Time> expires_at;
  std::optional<std::vector<KeyScope>> scopes;
};
BOOST_DESCRIBE_STRUCT(CreateApiKeyRequest, (), (name, expires_at, scopes))

struct ApiKeyView {
  ApiKeyId id;
  TeamId team_id;
  std::string name, key_prefix;
  std::vector<KeyScope> scopes;
  std::optional<UserId> created_by;
  std::optional<std::string> creator_email;
  Time created_at{};
  std::optional<Time> expires_at, last_used;
  std::optional<std::string> key;  // only in the answer to its creation
};
BOOST_DESCRIBE_STRUCT(ApiKeyView, (),
                      (id, team_id, name, key_prefix, scopes, created_by, creator_email, created_at,
                       expires_at, last_used, key))

}  // namespace sandbar::control::api_keys
