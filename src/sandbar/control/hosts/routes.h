// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/hosts/enrolment.h"
#include "sandbar/control/hosts/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::hosts {

http::Routes<HostsService> routes();
http::Routes<EnrolmentService> enrolment_routes();

}  // namespace sandbar::control::hosts
