// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "sandbar/cli/api.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/config_file.h"
#include "sandbar/cli/definition.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/remote_process.h"
#include "sandbar/cli/up/layout.h"
#include "sandbar/cli/up/mark.h"
#include "sandbar/cli/up/ports.h"
#include "sandbar/cli/up/service.h"
#include "sandbar/cli/up/tool.h"

namespace sandbar::cli {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    char name[] = "/tmp/sandbar-cli-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

proc::Child start(std::vector<std::string> args) {
  proc::ChildOptions options{.program = args.front(), .args = args, .env = plain_environment()};
  auto child = proc::start_child(options);
  REQUIRE(child);
  return *std::move(child);
}

}  // namespace

TEST_CASE("columns of a table are as wide as their widest cell, in letters") {
  CHECK(render({{"ID", "NAME"}, {{"1", "zoë"}, {"22", "a"}}}) == "ID  NAME\n1   zoë\n22  a\n");
  CHECK(render({{"N", "X"}, {{"zoë", "1"}, {"abcd", "2"}}}) == "N     X\nzoë   1\nabcd  2\n");
}

TEST_CASE("a name cannot steer the terminal") {
  CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  CHECK(render_fields({{"name", "x\r"}}) == "name  x\\x0d\n");
}

TEST_CASE("JSON is printed with two spaces per level") {
  CHECK(render_json(boost::json::parse(R"({"a":[1,{"b":"c"}],"d":{},"e":[]})")) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c\"\n    }\n  ],\n  \"d\": {},\n  \"e\": []\n}\n");
}

TEST_CASE("sizes, times and ages are written for people") {
  CHECK(human_size(1023) == "1023 B");
  CHECK(human_size(1536) == "1.5 KiB");
  CHECK(human_time(59) == "59s");
  CHECK(human_time(200) == "3m 20s");
  CHECK(human_time(7200) == "2h");
  auto now = *parse_rfc3339("2026-01-01T00:10:30Z");
  CHECK(human_age("2026-01-01T00:00:00Z", now) == "10m ago");
  CHECK(human_age("", now).empty());
}

TEST_CASE("the end of a remote command is told as a shell tells it") {
  CHECK(shell_code(0, "") == 0);
  CHECK(shell_code(3, "exited") == 3);
  CHECK(shell_code(-1, "signal: killed") == 137);
  CHECK(shell_code(-1, "signal 15") == 143);
  CHECK(shell_code(-1, "") == 255);
}

TEST_CASE("an error answer keeps the server's code and message") {
  auto error =
      error_of_answer(409, R"({"error":{"code":"invalid_state","message":"it is paused","request_id":"r"}})");
  CHECK(error.code == Errc::invalid_state);
  CHECK(error.message == "it is paused");
  CHECK(error_of_answer(503, "<html>").code == Errc::unavailable);
  CHECK(error_of_answer(404, R"({"error":{"code":"from_the_future","message":"m"}})").code ==
        Errc::not_found);
}

TEST_CASE("options of a new sandbox become the request, and a wrong one is named") {
  NewSandbox sandbox;
  sandbox.memory = "2GiB";
  sandbox.timeout = "10m";
  sandbox.env = {"A=b=c"};
  sandbox.no_network = true;
  auto body = request_of(sandbox);
  REQUIRE(body);
  CHECK(
      boost::json::serialize(*body) ==
      R"({"template":"base","memory_mb":2048,"timeout_sec":600,"env":{"A":"b=c"},"network":{"egress":"deny"}})");
  sandbox.timeout = "soon";
  CHECK(request_of(sandbox).error().message.starts_with("--timeout 'soon'"));
  CHECK_FALSE(pairs_of({"=x"}, "--env"));
  CHECK_FALSE(pairs_of({"x"}, "--env"));
}

TEST_CASE("the configuration is written for its owner only and read back") {
  Folder folder;
  auto path = folder.path + "/deep/config.json";
  ConfigFile config{"local", {{"local", {.url = "http://127.0.0.1:1", .api_key = "sbk_x"}}}};
  REQUIRE(save_config(path, config));
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  auto read = load_config(path);
  REQUIRE(read);
  CHECK(read->find("")->api_key == "sbk_x");
  CHECK(load_config(folder.path + "/none")->profiles.empty());
  REQUIRE(write_file(path, "{", 0600));
  CHECK(load_config(path).error().message.find(path) == 0);
}

TEST_CASE("an address that is taken is refused, and an unsaid one gives way") {
  auto first = settle_address("127.0.0.1:0", 1, "--listen");
  REQUIRE(first);
  CHECK(*first != "127.0.0.1:0");
  CHECK_FALSE(settle_address("nonsense", 1, "--listen"));
  CHECK_FALSE(settle_address("192.0.2.1:80", 1, "--listen"));
  CHECK(settle_address("", 1, "--listen")->starts_with("127.0.0.1:"));
}

TEST_CASE("a mark finds its process, and not another one of the same number") {
  Folder folder;
  auto child = start({"/bin/sleep", "1000"});
  auto mark = folder.path + "/mark.json";
  write_mark(mark, child.pid);
  auto found = find_marked(mark);
  REQUIRE(found);
  CHECK(found->pid == child.pid);
  CHECK_FALSE(find_process(child.pid, *start_time_of(child.pid) + 1));
  end_process(*found, SIGTERM, std::chrono::seconds(5));
  CHECK_FALSE(find_marked(mark));
  boost::asio::io_context io;
  int code = -1;
  boost::asio::co_spawn(io, wait_for_end(std::move(child)),
                        [&](std::exception_ptr, int ended) { code = ended; });
  io.run();
  CHECK(code == 128 + SIGTERM);
}

TEST_CASE("a tool's lines are seen as they come, and its failure tells what it printed") {
  Folder folder;
  std::vector<std::string> lines;
  auto run = [&](std::string script) {
    boost::asio::io_context io;
    Result<std::string> result = "";
    Tool tool{"/bin/sh", {"-c", std::move(script)}, plain_environment(),
              {},        folder.path + "/log",      [&](const std::string& line) { lines.push_back(line); }};
    boost::asio::co_spawn(io, run_tool(std::move(tool)),
                          [&](std::exception_ptr, Result<std::string> ended) { result = std::move(ended); });
    io.run();
    return result;
  };
  CHECK(*run("echo one; echo two") == "one\ntwo\n");
  CHECK(lines == std::vector<std::string>{"one", "two"});
  auto failed = run("echo broken >&2; exit 3");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("exit code 3") != std::string::npos);
  CHECK(failed.error().detail == "broken\n");
}

TEST_CASE("a service that dies is started again, and stops when told") {
  Folder folder;
  REQUIRE(make_folder(folder.path + "/logs", 0755));
  REQUIRE(make_folder(folder.path + "/processes", 0755));
  boost::asio::io_context io;
  auto args = [] { return std::vector<std::string>{"1000"}; };
  Service service(io.get_executor(), Layout{folder.path},
                  {"sleeper", "/bin/sleep", args, plain_environment(), {}, SIGTERM, std::chrono::seconds(5)});
  boost::asio::co_spawn(io, service.keep_running(), boost::asio::detached);
  io.poll();
  auto first = find_marked(folder.path + "/processes/sleeper.json");
  REQUIRE(first);
  ::kill(first->pid, SIGKILL);
  while (service.starts() < 2) io.run_one();
  boost::asio::co_spawn(io, service.stop(), boost::asio::detached);
  io.run();
  CHECK_FALSE(find_marked(folder.path + "/processes/sleeper.json"));
}

TEST_CASE("a log that has grown is emptied and kept beside") {
  Folder folder;
  auto path = folder.path + "/x.log";
  REQUIRE(write_file(path, "small", 0644));
  rotate_log(path);
  CHECK(fs::file_size(path) == 5);
  fs::resize_file(path, 17 << 20);
  rotate_log(path);
  CHECK(fs::file_size(path) == 0);
  CHECK(fs::file_size(path + ".1") == 17 << 20);
}

TEST_CASE("the state folder is absolute and short enough for sockets") {
  CHECK(layout_of("/tmp/../tmp/x/")->root == "/tmp/x");
  CHECK_FALSE(layout_of("/" + std::string(90, 'x')));
  CHECK(local_address("0.0.0.0:81") == "127.0.0.1:81");
  CHECK(local_address(":81") == "127.0.0.1:81");
  CHECK(local_address("10.0.0.1:81") == "10.0.0.1:81");
}

TEST_CASE("a definition that is sent carries what it includes, and the contents of its files") {
  char name[] = "/tmp/cli-test-XXXXXX";
  std::filesystem::path folder = ::mkdtemp(name);
  auto write = [&](const char* file, const std::string& text) { std::ofstream(folder / file) << text; };
  write("below.template", "name below\npackage curl\nstart\n  | one\n  | two\n");
  write("page.html", "<p>\n  hello\n");
  write("web.template",
        "# ours\ninclude below.template\ninclude elsewhere.template\nname web\nfile /p.html 0600 < "
        "page.html\n");
  auto text = self_contained_definition((folder / "web.template").string());
  CHECK(text ==
        "package curl\nstart\n  | one\n  | two\ninclude elsewhere.template\nname web\nfile /p.html 0600 \n"
        "  | <p>\n  |   hello\n");
  write("odd", std::string("no newline"));
  write("odd.template", "name odd\nfile /odd < odd\n");
  CHECK(self_contained_definition((folder / "odd.template").string()).error().code == Errc::invalid_request);
  std::filesystem::remove_all(folder);
}

}  // namespace sandbar::cli
