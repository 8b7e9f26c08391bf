// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/webhooks/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::webhooks {

http::Routes<WebhookService> routes();

}  // namespace sandbar::control::webhooks
