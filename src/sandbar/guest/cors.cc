// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/cors.h"

namespace sandbar::guest {
namespace {

void add_cors(http::Headers& headers) {
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Expose-Headers",
              "Connect-Content-Encoding, Connect-Accept-Encoding, Connect-Protocol-Version, Grpc-Status, "
              "Grpc-Message, "
              "Grpc-Status-Details-Bin, Location, Cache-Control, X-Content-Type-Options");
}

}  // namespace

bool is_preflight(const http::RequestHead& request) {
  return request.method == "OPTIONS" && request.headers.has("access-control-request-method");
}

http::Response preflight_response() {
  return {204,
          {{"Access-Control-Allow-Origin", "*"},
           {"Access-Control-Allow-Methods", "HEAD, GET, POST, PUT, PATCH, DELETE"},
           {"Access-Control-Allow-Headers", "*, Authorization"},
           {"Access-Control-Max-Age", "7200"}},
          {}};
}

Task<Result<void>> CorsExchange::respond(http::Response response) {
  add_cors(response.headers);
  return inner_.respond(std::move(response));
}

Task<Result<void>> CorsExchange::start(http::ResponseHead head) {
  add_cors(head.headers);
  return inner_.start(std::move(head));
}

}  // namespace sandbar::guest
