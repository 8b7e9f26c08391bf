// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/usage/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::usage {

http::Routes<UsageService> routes();

}  // namespace sandbar::control::usage
