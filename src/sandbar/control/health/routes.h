// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/health/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::health {

http::Routes<HealthService> routes();

}  // namespace sandbar::control::health
