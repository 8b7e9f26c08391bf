// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teams/invitations.h"
#include "sandbar/control/teams/members.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::teams {

http::Routes<TeamsService> routes();
http::Routes<MembersService> member_routes();
http::Routes<InvitationsService> invitation_routes();

}  // namespace sandbar::control::teams
