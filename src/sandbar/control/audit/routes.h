// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/audit/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::audit {

http::Routes<AuditService> routes();

}  // namespace sandbar::control::audit
