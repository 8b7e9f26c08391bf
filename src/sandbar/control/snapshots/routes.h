// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/snapshots/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::snapshots {

http::Routes<SnapshotService> routes();

}  // namespace sandbar::control::snapshots
