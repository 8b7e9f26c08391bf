// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/export.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include "sandbar/chain/chain.h"

using namespace sandbar;
using namespace sandbar::control::audit;

namespace {

Entry entry_of(std::string actor_name) {
  Entry entry{.actor_name = std::move(actor_name), .resource_type = "team", .action = "rename"};
  entry.metadata = {{"new_name", "a \"b\""}};
  entry.source_ip = "203.0.113.7";
  entry.seq = 3;
  entry.hash = "ab";
  return entry;
}

}  // namespace

TEST_CASE("AU-4: no cell of a CSV export is a formula, and quotes do not end it") {
  for (auto name : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx"}) {
    auto line = line_of(entry_of(name), ExportFormat::csv, Detail::full);
    CHECK_MESSAGE(line.contains(std::string(",\"'") + name + "\","), line);
  }
  auto line = line_of(entry_of("Ann"), ExportFormat::csv, Detail::full);
  CHECK(line.contains(R"("Ann","team","rename")"));
  CHECK(line.contains(R"("{""new_name"":""a \""b\""""}")"));
  CHECK(line.contains(R"("203.0.113.7")"));
  CHECK(line.ends_with("\"3\",\"ab\"\r\n"));
}

TEST_CASE("AU-4: members' exports show neither addresses nor the chain") {
  for (auto format : {ExportFormat::csv, ExportFormat::jsonl}) {
    auto line = line_of(entry_of("Ann"), format, Detail::team);
    CHECK(!line.contains("203.0.113.7"));
    CHECK(!line.contains("\"ab\""));
  }
}

TEST_CASE("an exported line without seq and hash is what the entry's digest is made of") {
  auto entry = entry_of("Zoë");
  auto object = boost::json::parse(line_of(entry, ExportFormat::jsonl, Detail::full)).as_object();
  CHECK(object["seq"].as_int64() == 3);
  object.erase("seq");
  object.erase("hash");
  entry.seq.reset();
  auto again = boost::json::parse(line_of(entry, ExportFormat::jsonl, Detail::full)).as_object();
  CHECK(chain::digest_of(object) == chain::digest_of(again));
}
