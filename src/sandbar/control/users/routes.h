// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::users {

http::Routes<UsersService> routes();

}  // namespace sandbar::control::users
