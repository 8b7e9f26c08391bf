// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/validate.h"

#include <doctest/doctest.h>

#include "sandbar/model/limits.h"

using namespace sandbar;
using namespace sandbar::control::sandboxes;

namespace {

std::vector<std::string> wrong_fields(const NewSandbox& wanted) {
  std::vector<std::string> out;
  auto valid = validate(wanted);
  if (!valid)
    for (const auto& problem : valid.error().problems) out.push_back(problem.field);
  return out;
}

}  // namespace

TEST_CASE("a wish within the limits is fine, and one beyond them names every field") {
  CHECK(wrong_fields({}).empty());
  CHECK(
      wrong_fields({.vcpus = 1, .memory_mb = 128, .disk_mb = 512, .timeout_sec = limits::kMaxTimeoutSeconds})
          .empty());
  NewSandbox wanted{.vcpus = 0, .memory_mb = 1 << 20, .disk_mb = -1, .timeout_sec = -5};
  wanted.env = {{"A=B", "x"}};
  wanted.metadata = {{"k", std::string(limits::kMaxMetadataBytes, 'x')}};
  wanted.network.deny_cidrs = {"10.0.0.0/33"};
  CHECK(wrong_fields(wanted) == std::vector<std::string>{"vcpus", "memory_mb", "disk_mb", "timeout_sec",
                                                         "env", "metadata", "network.deny_cidrs"});
}

TEST_CASE("too many environment variables, or one with a zero byte, are refused") {
  NewSandbox wanted;
  for (std::size_t i = 0; i <= limits::kMaxEnvVariables; ++i) wanted.env[fmt::format("V{}", i)] = "";
  CHECK(wrong_fields(wanted) == std::vector<std::string>{"env"});
  wanted.env = {{"A", std::string("\0", 1)}};
  CHECK(wrong_fields(wanted) == std::vector<std::string>{"env"});
}

TEST_CASE("addresses and ranges of both families are told from nonsense") {
  for (auto text : {"10.0.0.0/8", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "::1"})
    CHECK_MESSAGE(is_cidr(text), text);
  for (auto text :
       {"", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "::/129", "example.org", "10.0.0.0/8 "})
    CHECK_MESSAGE(!is_cidr(text), text);
}
