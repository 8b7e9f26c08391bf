// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/events/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::events {

http::Routes<EventsService> routes();

}  // namespace sandbar::control::events
