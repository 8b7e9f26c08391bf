// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/base/error.h"
#include "sandbar/http/server.h"

// Answers of the plain HTTP routes.

namespace sandbar::guest {

http::Response json_response(int status, std::string body);
// {"code":404,"message":"path 'x' does not exist"}; the status is the error's.
http::Response error_response(const Error& error);
http::Response status_response(int status, std::string message);

}  // namespace sandbar::guest
