// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/api_keys/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::api_keys {

http::Routes<ApiKeysService> routes();

}  // namespace sandbar::control::api_keys
