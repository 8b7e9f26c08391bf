// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/quotas/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::quotas {

http::Routes<QuotaService> routes();

}  // namespace sandbar::control::quotas
