// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/control/terminals/conversation.h"
#include "sandbar/control/terminals/service.h"

using namespace sandbar;
using namespace sandbar::control::terminals;

namespace {

Command command(std::string cmd) { return {.cmd = std::move(cmd)}; }

}  // namespace

TEST_CASE("commands that no kernel would take are refused before the guest is asked") {
  CHECK(check_command(command("/bin/true")));
  CHECK(!check_command(command("")));
  CHECK(!check_command(command(std::string("a\0b", 3))));
  CHECK(!check_command(command(std::string(300 * 1024, 'x'))));
  auto c = command("x");
  c.args.assign(5000, "a");
  CHECK(!check_command(c));
  c = command("x");
  c.envs = {{"A=B", "c"}};
  CHECK(!check_command(c));
  c = command("x");
  c.timeout = std::chrono::hours(25);
  CHECK(!check_command(c));
}

TEST_CASE("only the two signals that the guest knows are passed on") {
  CHECK(signal_of("SIGTERM") == Signal::terminate);
  CHECK(signal_of("SIGKILL") == Signal::kill);
  CHECK(!signal_of("SIGHUP"));
  CHECK(!signal_of(""));
}
