// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/metrics/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::metrics {

http::Routes<MetricsService> routes();

}  // namespace sandbar::control::metrics
