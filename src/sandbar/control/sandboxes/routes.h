// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/sandboxes/admin.h"
#include "sandbar/control/sandboxes/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::sandboxes {

http::Routes<SandboxService> routes();
http::Routes<AdminSandboxesService> admin_routes();

}  // namespace sandbar::control::sandboxes
