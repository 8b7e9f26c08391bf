// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sessions/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::sessions {

http::Routes<SessionService> routes();

}  // namespace sandbar::control::sessions
