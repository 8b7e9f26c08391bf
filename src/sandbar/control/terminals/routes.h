// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/terminals/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::terminals {

http::Routes<TerminalService> routes();

}  // namespace sandbar::control::terminals
