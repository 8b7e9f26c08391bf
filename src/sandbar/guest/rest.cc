// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/rest.h"

#include <fmt/format.h>

#include "sandbar/json/encode.h"

namespace sandbar::guest {

http::Response json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

http::Response status_response(int status, std::string message) {
  auto body = fmt::format(R"({{"code":{},"message":)", status);
  json::append_string(body, message);
  body += '}';
  return json_response(status, std::move(body));
}

http::Response error_response(const Error& error) {
  return status_response(info_of(error.code).http_status, error.message);
}

}  // namespace sandbar::guest
