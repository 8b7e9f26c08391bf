// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/context.h"

// The options that `create` and `run` share, and the request that they make.

namespace sandbar::cli {

struct NewSandbox {
  std::string template_name = "base";
  std::optional<std::int64_t> vcpus;
  std::string memory, disk, timeout, on_timeout;
  std::vector<std::string> env, metadata, allow_cidrs, deny_cidrs;
  bool no_network = false, is_public = false, auto_resume = false;
};

void add_new_sandbox_options(CLI::App& command, NewSandbox& sandbox);
// invalid_request names the option that is wrong.
Result<boost::json::object> request_of(const NewSandbox& sandbox);
Task<Result<boost::json::value>> create_sandbox(Context& context, NewSandbox sandbox);

// {"NAME=value", …} as an object; `option` is named in the error.
Result<boost::json::object> pairs_of(const std::vector<std::string>& pairs, std::string_view option);
// "90", "90s", "10m", "2h" in seconds.
Result<std::int64_t> seconds_of(const std::string& text, std::string_view option);

}  // namespace sandbar::cli
