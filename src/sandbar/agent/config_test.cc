// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/config.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::agent;

TEST_CASE("flags win over the environment, and may carry their value with = or behind them") {
  auto options = parse_options({"--hypervisor=fake", "--state", "/tmp/x"}, {{"SANDBAR_STATE_DIR", "/y"}});
  REQUIRE(options.has_value());
  CHECK(options->config.hypervisor == HypervisorKind::fake);
  CHECK(options->config.state == "/tmp/x");
  CHECK(options->command == Command::run);
}

TEST_CASE("a template build needs a file and an id") {
  auto options = parse_options({"template", "build", "base.tpl", "--id", "tpl-1"}, {});
  REQUIRE(options.has_value());
  CHECK(options->command == Command::build_template);
  CHECK(options->definition == "base.tpl");
  CHECK_FALSE(parse_options({"template", "build", "base.tpl"}, {}).has_value());
  CHECK_FALSE(parse_options({"template"}, {}).has_value());
}

TEST_CASE("a command line that cannot be meant is refused") {
  CHECK_FALSE(parse_options({"--bogus"}, {}).has_value());
  CHECK_FALSE(parse_options({"--state"}, {}).has_value());
  CHECK_FALSE(parse_options({"--version=1"}, {}).has_value());
  CHECK_FALSE(parse_options({}, {{"SANDBAR_AGENT_LISTN", ":1"}}).has_value());
  CHECK_FALSE(parse_options({}, {{"SANDBAR_HEARTBEAT_INTERVAL", "soon"}}).has_value());
}
