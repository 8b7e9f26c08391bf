// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/oauth/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::oauth {

http::Routes<OAuthService> routes();

}  // namespace sandbar::control::oauth
