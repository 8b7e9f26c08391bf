// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/teardown/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::teardown {

http::Routes<TeardownService> routes();

}  // namespace sandbar::control::teardown
