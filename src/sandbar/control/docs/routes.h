// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/docs/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::docs {

http::Routes<DocsService> routes();

}  // namespace sandbar::control::docs
