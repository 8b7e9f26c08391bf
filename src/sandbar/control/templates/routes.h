// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/templates/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::templates {

http::Routes<TemplateService> routes();

}  // namespace sandbar::control::templates
