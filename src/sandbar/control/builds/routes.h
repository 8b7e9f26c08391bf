// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/builds/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::builds {

http::Routes<BuildService> routes();

}  // namespace sandbar::control::builds
