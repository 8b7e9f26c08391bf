// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/tool.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbar/async/spawn.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

Task<void> keep(Task<Result<std::string>> task, Result<std::string>& outcome) {
  outcome = co_await std::move(task);
}

Result<std::string> read(Tool tool) {
  boost::asio::io_context io;
  Result<std::string> outcome = fail(internal_error("nothing came"));
  spawn(io.get_executor(), "tool", keep(read_tool(std::move(tool)), outcome));
  io.run();
  return outcome;
}

bool may_make_namespaces() { return geteuid() == 0; }

TEST_CASE("a tool's output comes line by line, both streams, with its input and in its folder" *
          doctest::skip(!may_make_namespaces())) {
  auto input = std::filesystem::temp_directory_path() / "sandbar-tool-test-input";
  std::ofstream(input) << "from input";
  auto text = read({.command = {"sh", "-c", "pwd; cat; echo; echo on error >&2; printf unfinished"},
                    .directory = "/usr",
                    .input = input});
  std::filesystem::remove(input);
  REQUIRE(text);
  CHECK(*text == "/usr\nfrom input\non error\nunfinished\n");
}

TEST_CASE("a tool that fails says with which status" * doctest::skip(!may_make_namespaces())) {
  auto text = read({.command = {"sh", "-c", "exit 3"}});
  REQUIRE(!text);
  CHECK(text.error().message == "sh failed with status 3");
}

TEST_CASE("a tool that takes too long ends with all its children" * doctest::skip(!may_make_namespaces())) {
  auto fifo = std::filesystem::temp_directory_path() / "sandbar-tool-test-left";
  auto script = "(trap '' TERM; sleep 60; touch " + fifo.string() + ") & sleep 60";
  auto started = std::chrono::steady_clock::now();
  auto text = read({.command = {"sh", "-c", script}, .limit = 1s});
  REQUIRE(!text);
  CHECK(text.error().code == Errc::deadline_exceeded);
  CHECK(std::chrono::steady_clock::now() - started < 20s);
  CHECK(!std::filesystem::exists(fifo));
}

TEST_CASE("a tool that prints for ever is cut to what may be kept" * doctest::skip(!may_make_namespaces())) {
  auto text = read({.command = {"sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' x"}});
  REQUIRE(text);
  CHECK(text->size() <= 1 << 20);
  CHECK(text->size() > 1 << 19);
}

}  // namespace
}  // namespace sandbar::agent
