// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/account.h"
#include "sandbar/control/users/admin.h"
#include "sandbar/control/users/recovery.h"
#include "sandbar/control/users/search.h"
#include "sandbar/http/route.h"

namespace sandbar::control::users {

http::Routes<UsersService> routes();
http::Routes<RecoveryService> recovery_routes();
http::Routes<AccountService> account_routes();
http::Routes<AdminUsersService> admin_routes();
http::Routes<SearchService> search_routes();

}  // namespace sandbar::control::users
