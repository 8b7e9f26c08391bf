// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/gateway/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::gateway {

struct PortRequest {
  std::optional<bool> public_;
};
BOOST_DESCRIBE_STRUCT(PortRequest, (), (public_))

struct PortView {
  int port = 0;
  bool public_ = false;
  std::string url;
  Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(PortView, (), (port, public_, url, updated_at))

struct LinkRequest {
  std::optional<int> port;
  std::int64_t expires_in_sec = 3600;
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (port, expires_in_sec))

struct LinkView {
  std::string url;
  int port = 0;
  Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(LinkView, (), (url, port, expires_at))

struct TrafficView {
  bool public_ = false, auto_resume = false;
  std::optional<std::string> mask_host;
  std::string url_pattern;   // with {port}
  std::string access_token;  // for the header E2B-Traffic-Access-Token
};
BOOST_DESCRIBE_STRUCT(TrafficView, (), (public_, auto_resume, mask_host, url_pattern, access_token))

}  // namespace sandbar::control::gateway
