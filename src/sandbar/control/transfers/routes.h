// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/transfers/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::transfers {

http::Routes<TransferService> routes();

}  // namespace sandbar::control::transfers
