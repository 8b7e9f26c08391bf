// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/gateway/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::gateway {

http::Routes<GatewayService> routes();

}  // namespace sandbar::control::gateway
