// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::teams {

http::Routes<TeamsService> routes();

}  // namespace sandbar::control::teams
