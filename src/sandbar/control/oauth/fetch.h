// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>

#include "sandbar/async/task.h"
#include "sandbar/http/message.h"

namespace sandbar::control::oauth {

struct Ask {
  std::string method, url;
  http::Headers headers = {};
  std::string body = {};
};

// The JSON that a provider answers with status 200, bounded in size and time; else agent_error.
Task<Result<boost::json::value>> fetch_json(Ask ask);

// "a=1&b=x%20y"
std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);
// A text member of an object; empty if it is none.
std::string text_in(const boost::json::value& object, std::string_view name);

}  // namespace sandbar::control::oauth
