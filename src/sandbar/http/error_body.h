// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/error.h"

// {"error":{"code","message","request_id","problems"?}}: the body of everything that is not a success.

namespace sandbar {
BOOST_DESCRIBE_STRUCT(Problem, (), (field, what))
}

namespace sandbar::http {

struct ErrorView {
  std::string code;
  std::string message;
  std::string request_id;
  std::optional<std::vector<Problem>> problems;
};
BOOST_DESCRIBE_STRUCT(ErrorView, (), (code, message, request_id, problems))

struct ErrorBody {
  ErrorView error;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (error))

}  // namespace sandbar::http
