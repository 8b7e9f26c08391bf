// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/guest/filesystem_json.h"
#include "sandbar/guest/process_json.h"
#include "sandbar/guest/process_table.h"
#include "sandbar/guest/subscription.h"

using namespace sandbar;
using namespace sandbar::guest;
using namespace std::chrono_literals;

namespace {

struct World {
  boost::asio::io_context io{1};
  proc::Reaper reaper{io.get_executor()};
  ProcessTable table{io.get_executor(), reaper};

  void run(std::function<Task<void>(World&)> body) {
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io, body(*this), [&](std::exception_ptr e) {
      thrown = e;
      done = true;
      reaper.stop();
    });
    io.run_for(30s);
    CHECK(done);
    if (thrown) std::rethrow_exception(thrown);
  }
};

Process::Options shell(std::string script) {
  Process::Options options;
  options.child = {
      .program = "/bin/sh", .args = {"sh", "-c", std::move(script)}, .env = {"PATH=/usr/bin:/bin"}};
  return options;
}

Task<Process::Ptr> started(World& world, Process::Options options) {
  auto process = co_await world.table.start(std::move(options));
  REQUIRE(process);
  co_return *process;
}

struct Followed {
  std::string out, err, pty;
  process::ProcessEvent::EndEvent end;
  bool dropped = false;
};

Task<Followed> follow(Process::Ptr process) {
  Followed seen;
  Subscription events(process);
  for (;;) {
    auto next = co_await events.next(1h);
    if (next == Subscription::Next::dropped) seen.dropped = true;
    if (next == Subscription::Next::end) seen.end = process->end_event().event().end();
    if (next != Subscription::Next::output) co_return seen;
    auto message = events.take();
    const auto& data = message->event().data();
    seen.out += data.stdout();
    seen.err += data.stderr();
    seen.pty += data.pty();
  }
}

process::ProcessSelector by_tag(std::string tag) {
  process::ProcessSelector selector;
  selector.set_tag(std::move(tag));
  return selector;
}

Task<void> both_streams(World& world) {
  auto seen = co_await follow(co_await started(world, shell("echo out; echo err >&2; exit 4")));
  CHECK(seen.out == "out\n");
  CHECK(seen.err == "err\n");
  CHECK(seen.end.exit_code() == 4);
  CHECK(seen.end.exited());
  CHECK(seen.end.error() == "exit status 4");
}

Task<void> input(World& world) {
  auto process = co_await started(world, shell("cat; echo end"));
  std::string large(300'000, 'x');
  spawn(world.io.get_executor(), "input", [](Process::Ptr p, std::string bytes) -> Task<void> {
    auto written = co_await p->write_input(std::move(bytes));
    CHECK(written);
    CHECK(p->close_input());
    auto late = co_await p->write_input("late");
    CHECK(late.error().code == Errc::internal_error);
  }(process, large));
  auto seen = co_await follow(process);
  CHECK(seen.out == large + "end\n");
}

Task<void> terminal(World& world) {
  auto options = shell("stty size; read x; stty size; echo $x");
  options.terminal = proc::TerminalSize{91, 17};
  auto process = co_await started(world, std::move(options));
  CHECK(process->resize({92, 18}));
  auto written = co_await process->write_input("hello\n");
  CHECK(written);
  CHECK(process->close_input().error().code == Errc::unknown);
  auto seen = co_await follow(process);
  CHECK(seen.pty.find("18 92\r\nhello\r\n") != std::string::npos);
}

Task<void> killed_with_children(World& world) {
  auto process = co_await started(world, shell("echo started; sleep 1000 & wait"));
  Subscription events(process);
  auto next = co_await events.next(10s);
  CHECK(next == Subscription::Next::output);
  CHECK(process->signal(SIGKILL));
  while (next == Subscription::Next::output) {
    if (events.process().ended()) break;
    next = co_await events.next(10s);
    if (next == Subscription::Next::output) events.take();
  }
  CHECK(process->end_event().event().end().status() == "signal: killed");
  CHECK(process->signal(SIGKILL).error().code == Errc::not_found);
}

Task<void> waits_for_output(World& world) {
  auto seen = co_await follow(co_await started(world, shell("(sleep 0.1; echo late) & exit 0")));
  CHECK(seen.out == "late\n");
  CHECK(seen.end.exit_code() == 0);
}

Task<void> deadline(World& world) {
  auto options = shell("sleep 1000");
  options.deadline = std::chrono::steady_clock::now() + 20ms;
  auto process = co_await started(world, std::move(options));
  auto seen = co_await follow(process);
  CHECK(process->killed_by_deadline());
  CHECK(seen.end.exit_code() == -1);
}

// A reader that takes nothing holds the process up while it is alone, and is dropped once others want to go
// on.
Task<void> stalled(World& world) {
  auto process = co_await started(world, shell("head -c 3000000 /dev/zero"));
  Subscription sleeper(process);
  auto seen = co_await follow(process);
  CHECK(seen.out.size() == 3'000'000);
  CHECK(!seen.dropped);
  auto next = co_await sleeper.next(1s);
  CHECK(next == Subscription::Next::dropped);
}

Task<void> slow_alone(World& world) {
  auto process = co_await started(world, shell("head -c 2000000 /dev/zero"));
  Subscription slow(process);
  std::size_t total = 0;
  for (;;) {
    auto next = co_await slow.next(10s);
    if (next != Subscription::Next::output) break;
    total += slow.take()->event().data().stdout().size();
    co_await sleep_for(1ms);
  }
  CHECK(total == 2'000'000);
}

Task<void> late(World& world) {
  auto options = shell("exit 6");
  options.tag = "mine";
  co_await follow(co_await started(world, std::move(options)));
  CHECK(world.table.live().empty());
  CHECK(!world.table.find_live(by_tag("mine")));
  auto found = world.table.find(by_tag("mine"));
  REQUIRE(found);
  auto seen = co_await follow(*found);
  CHECK(seen.end.exit_code() == 6);
  CHECK(world.table.find(by_tag("other")).error().code == Errc::not_found);
}

Task<void> unread(World& world) {
  auto process = co_await started(world, shell("head -c 5000000 /dev/zero; exit 9"));
  while (!process->ended()) co_await sleep_for(5ms);
  CHECK(process->end_event().event().end().exit_code() == 9);
}

Task<void> silent(World& world) {
  auto process = co_await started(world, shell("sleep 1000"));
  Subscription events(process);
  auto next = co_await events.next(10ms);
  CHECK(next == Subscription::Next::keepalive);
  CHECK(events.process().signal(SIGKILL));
  next = co_await events.next(10s);
  CHECK(next == Subscription::Next::end);
}

}  // namespace

TEST_CASE("output, error output and exit code come in order") { World{}.run(both_streams); }
TEST_CASE("input larger than a pipe is delivered whole, and ends when closed") { World{}.run(input); }
TEST_CASE("a terminal has a size, takes input and is resized") { World{}.run(terminal); }
TEST_CASE("a killed process ends although its children keep its output open") {
  World{}.run(killed_with_children);
}
TEST_CASE("the end comes after the last output, whoever writes it") { World{}.run(waits_for_output); }
TEST_CASE("a process whose time is over is killed") { World{}.run(deadline); }
TEST_CASE("a subscriber that reads nothing neither stops the others nor keeps the output") {
  World{}.run(stalled);
}
TEST_CASE("a slow subscriber that is alone loses nothing") { World{}.run(slow_alone); }
TEST_CASE("who comes late still learns the end") { World{}.run(late); }
TEST_CASE("a process that nobody follows runs on") { World{}.run(unread); }
TEST_CASE("silence is noticed, so that a stream can be kept alive") { World{}.run(silent); }

TEST_CASE("a start request is read with proto3 JSON's rules") {
  auto request = rpc::decode<process::StartRequest>(
      rpc::Codec::json,
      R"( {"process":{"cmd":"a","args":["b\n","\u00e5\ud83d\ude00"],"envs":{"K":"v"},"cwd":"/x","later":{"deep":[1,{"x":null}]}},
          "pty":{"size":{"cols":80,"rows":"24"}},"tag":"t","stdin":false,"unknown":-1.5e3} )");
  REQUIRE(request);
  CHECK(request->process().args(0) == "b\n");
  CHECK(request->process().args(1) == "\xC3\xA5\xF0\x9F\x98\x80");
  CHECK(request->process().envs().at("K") == "v");
  CHECK(request->process().cwd() == "/x");
  CHECK(request->pty().size().rows() == 24);
  CHECK(request->tag() == "t");
  CHECK(request->has_stdin());
  CHECK(!request->stdin());
  auto bare = rpc::decode<process::StartRequest>(
      rpc::Codec::json, R"({"process":{"cmd":"a","cwd":null,"args":null},"pty":null,"tag":null})");
  REQUIRE(bare);
  CHECK(!bare->has_pty());
  CHECK(!bare->has_tag());
  CHECK(!bare->has_stdin());
  CHECK(!bare->process().has_cwd());
  CHECK(rpc::decode<process::StartRequest>(rpc::Codec::json, "{}"));
}

TEST_CASE("what is not JSON of its type is refused") {
  for (std::string text : {"[", "{", "nul", "{\"process\":1}", "{\"process\":{\"cmd\":1}}",
                           "{\"process\":{\"args\":[1]}}", "{\"stdin\":\"yes\"}", "{}x", "{\"a\":1,}",
                           "{\"a\" 1}", "{'a':1}", "{\"tag\":\"\x01\"}", "{\"tag\":\"\xff\"}",
                           "{\"tag\":\"\\ud800\"}", "{\"tag\":\"\\q\"}", "{\"pty\":{\"size\":{\"cols\":-1}}}",
                           "{\"pty\":{\"size\":{\"cols\":99999999999}}}", "{\"tag\":\"open"})
    CHECK_MESSAGE(!rpc::decode<process::StartRequest>(rpc::Codec::json, text), text);
  CHECK(!rpc::decode<process::StartRequest>(rpc::Codec::json, "{\"x\":" + std::string(100'000, '[') + "}"));
}

TEST_CASE("input and signals are read in both of their spellings") {
  auto input = rpc::decode<process::SendInputRequest>(rpc::Codec::json,
                                                      R"({"process":{"pid":7},"input":{"stdin":"aGk="}})");
  CHECK(input->process().pid() == 7);
  CHECK(input->input().stdin() == "hi");
  CHECK(!rpc::decode<process::SendInputRequest>(rpc::Codec::json, R"({"input":{"stdin":"!!"}})"));
  auto named = rpc::decode<process::SendSignalRequest>(
      rpc::Codec::json, R"({"process":{"tag":"t"},"signal":"SIGNAL_SIGTERM"})");
  CHECK(named->signal() == process::SIGNAL_SIGTERM);
  CHECK(rpc::decode<process::SendSignalRequest>(rpc::Codec::json, R"({"signal":9})")->signal() ==
        process::SIGNAL_SIGKILL);
  CHECK(!rpc::decode<process::SendSignalRequest>(rpc::Codec::json, R"({"signal":"SIGNAL_NONE"})"));
}

TEST_CASE("our JSON of events and entries is what protobuf's own reads") {
  process::StartResponse message;
  auto same = [&] {
    process::StartResponse back;
    CHECK(rpc::detail::decode_message(rpc::Codec::json, rpc::encode(rpc::Codec::json, message), back));
    CHECK(back.SerializeAsString() == message.SerializeAsString());
  };
  message.mutable_event()->mutable_start()->set_pid(7);
  same();
  message.mutable_event()->mutable_data()->set_stdout(std::string("\0\xff", 2));
  same();
  message.mutable_event()->mutable_data()->set_stderr("e");
  same();
  message.mutable_event()->mutable_data()->set_pty("p");
  same();
  auto& end = *message.mutable_event()->mutable_end();
  end.set_exit_code(-1);
  end.set_status("signal: killed \"\n");
  end.set_error("e");
  same();
  message.mutable_event()->mutable_keepalive();
  same();

  filesystem::ListDirResponse list, back;
  auto& entry = *list.add_entries();
  entry.set_name("n\"");
  entry.set_path("/n");
  entry.set_type(filesystem::FILE_TYPE_DIRECTORY);
  entry.set_size(5'000'000'000);
  entry.set_mode(0755);
  entry.mutable_modified_time()->set_seconds(1'000'000'000);
  entry.mutable_modified_time()->set_nanos(5);
  entry.set_symlink_target("/t");
  (*entry.mutable_metadata())["a\\"] = "1";
  (*entry.mutable_metadata())["b"] = "2";
  list.add_entries()->mutable_modified_time();
  auto read = rpc::detail::decode_message(rpc::Codec::json, rpc::encode(rpc::Codec::json, list), back);
  CHECK_MESSAGE(read, read.error().message);
  CHECK(back.DebugString() == list.DebugString());
}
