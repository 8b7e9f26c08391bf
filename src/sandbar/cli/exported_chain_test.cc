// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/exported_chain.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "sandbar/chain/chain.h"

using namespace sandbar;
using namespace sandbar::cli;
namespace bj = boost::json;

namespace {

// The lines of an export whose entries are called 1, 2, … count.
std::vector<bj::object> sealed(int count) {
  std::vector<bj::object> lines;
  auto hash = chain::start();
  for (int i = 1; i <= count; ++i) {
    bj::object entry{{"id", std::to_string(i)}, {"source_ip", ""}};
    hash = chain::link(hash, chain::digest_of(entry));
    entry["seq"] = i;
    entry["hash"] = hash;
    lines.push_back(std::move(entry));
  }
  return lines;
}

ExportedChain chain_of(const std::vector<bj::object>& lines) {
  ExportedChain chain;
  for (auto it = lines.rbegin(); it != lines.rend(); ++it) CHECK(chain.add_line(bj::serialize(*it)));
  return chain;
}

}  // namespace

TEST_CASE("AU-1: an intact export is proven, in any order, and its head is told") {
  auto lines = sealed(5);
  lines.push_back({{"id", "6"}, {"source_ip", ""}});
  auto outcome = chain_of(lines).check(5, std::nullopt);
  CHECK(!outcome.broken);
  CHECK(outcome.checked == 5);
  CHECK(outcome.waiting == 1);
  CHECK(outcome.head->hash == lines[4]["hash"].as_string());
  CHECK(!chain_of(lines).check(std::nullopt, ChainEnd::parse(outcome.head->str()).value()).broken);
}

TEST_CASE("AU-1: what was changed, removed or replaced in an export is found without the server's help") {
  auto changed = sealed(5);
  changed[2]["id"] = "x";
  CHECK(chain_of(changed).check(5, std::nullopt).broken == "entry 3 is not what was sealed");
  auto removed = sealed(5);
  removed.erase(removed.begin() + 1);
  CHECK(chain_of(removed).check(5, std::nullopt).broken == "entry 2 is missing");
  auto shortened = sealed(5);
  shortened.pop_back();
  CHECK(chain_of(shortened).check(5, std::nullopt).broken == "entry 5 is missing");
  auto twice = sealed(5);
  twice.push_back(twice[3]);
  CHECK(chain_of(twice).check(5, std::nullopt).broken);
  ChainEnd other{3, std::string(64, 'a')};
  CHECK(chain_of(sealed(5)).check(5, other).broken->contains("does not go through 3:"));
  CHECK(chain_of(sealed(2)).check(std::nullopt, other).broken);
}

TEST_CASE("what is no export, or one that lacks what members do not see, is refused") {
  ExportedChain chain;
  CHECK(chain.add_line("{").error().code == Errc::invalid_request);
  CHECK(chain.add_line(R"({"source_ip":"","seq":1})").error().code == Errc::invalid_request);
  CHECK(chain.add_line(R"({"id":"1"})").error().code == Errc::forbidden);
  for (auto text : {"", "1", "1:", "0:00", "x:y", ":"}) CHECK_MESSAGE(!ChainEnd::parse(text), text);
}
