// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/files/service.h"
#include "sandbar/http/route.h"

namespace sandbar::control::files {

http::Routes<FileService> routes();

}  // namespace sandbar::control::files
