// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbar/http/message.h"

// What clients hear when their request does not reach a sandbox: the bodies of E2B's proxy (E2B.md section
// 4), as JSON for programs and as a page for people.

namespace sandbar::control::gateway {

struct Refusal {
  int status = 502;
  std::string message = {};
  std::optional<std::string> sandbox = {};  // as the client spells it
  std::optional<int> port = {}, connection_limit = {};
  std::optional<std::string> path = {};
  bool is_plain = false;  // a line of text, for requests that name no sandbox
};

// Whether the sender is a person's browser that shows the answer.
bool wants_page(const http::RequestHead& request);
http::Response response_of(const Refusal& refusal, const http::RequestHead& request);

}  // namespace sandbar::control::gateway
