// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>

#include "sandbar/base/secret.h"
#include "sandbar/control/access/types.h"

namespace sandbar::control::users {

struct NewUser {
  std::string email, name;
  Secret password;
};

// What a sign-in is about; the token says the same.
struct SignIn {
  std::string token;
  UserId user_id;
  std::optional<TeamId> team_id;
  std::string email, name;
};

}  // namespace sandbar::control::users
