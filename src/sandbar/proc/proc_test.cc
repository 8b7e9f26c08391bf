// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include "sandbar/async/spawn.h"
#include "sandbar/proc/child.h"
#include "sandbar/proc/ended.h"
#include "sandbar/proc/pty.h"
#include "sandbar/proc/reaper.h"

using namespace sandbar;
using namespace sandbar::proc;

namespace {

ChildOptions shell(std::string script) {
  return {.program = "/bin/sh", .args = {"sh", "-c", std::move(script)}, .env = {"PATH=/usr/bin:/bin"}};
}

int status_of(const Child& child) {
  int status = 0;
  waitpid(child.pid, &status, 0);
  return status;
}

struct Output {
  std::string text;
  int status = 0;
};

std::string read_until_end(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    poll(&ready, 1, 10'000);
    auto n = read(fd, buffer, sizeof buffer);
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

Output output_of(ChildOptions options) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd ours(ends[0]), theirs(ends[1]);
  options.fds = {{theirs.get(), 1}, {theirs.get(), 2}};
  auto child = start_child(options);
  REQUIRE(child);
  theirs.reset();
  auto text = read_until_end(ours.get());
  return {text, status_of(*child)};
}

Task<void> wait_for_child(Fd pidfd, bool& ended) {
  co_await wait_until_ended(std::move(pidfd));
  ended = true;
}

}  // namespace

TEST_CASE("the end of a process is not noticed before it has come") {
  boost::asio::io_context io;
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd ours(ends[1]), theirs(ends[0]);
  auto options = shell("read line");
  options.fds = {{theirs.get(), 0}};
  auto child = start_child(options);
  REQUIRE(child);
  bool ended = false;
  spawn(io.get_executor(), "wait", wait_for_child(std::move(child->pidfd), ended));
  while (io.poll_one() > 0) {
  }
  CHECK(!ended);
  REQUIRE(write(ours.get(), "go\n", 3) == 3);
  while (!ended) io.run_one();
  CHECK(waitpid(child->pid, nullptr, 0) == child->pid);
}

TEST_CASE("a started child holds none of our files any more") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd reading(ends[0]);
  auto child = start_child(shell("exec sleep 100"));
  REQUIRE(child);
  close(ends[1]);
  pollfd end{reading.get(), POLLIN, 0};
  CHECK(poll(&end, 1, 0) == 1);
  kill(child->pid, SIGKILL);
  waitpid(child->pid, nullptr, 0);
}

TEST_CASE("a child gets exactly the arguments, environment and directory that it was given") {
  auto options = shell("echo \"$0|$1|$X|$HOME|$PWD\"");
  options.args.insert(options.args.end(), {"zero", "one two"});
  options.env.push_back("X=y");
  options.cwd = "/usr";
  CHECK(output_of(options).text == "zero|one two|y||/usr\n");
}

TEST_CASE("a bare name is looked up in the child's own PATH") {
  CHECK(output_of({.program = "echo", .args = {"echo", "hi"}, .env = {"PATH=/nowhere:/bin"}}).text == "hi\n");
  auto missing = start_child({.program = "echo", .args = {}, .env = {"PATH=/nowhere"}});
  CHECK(missing.error().code == Errc::not_found);
}

TEST_CASE("what cannot be executed is an error and leaves no child behind") {
  CHECK(start_child({.program = "/no/such/program"}).error().code == Errc::not_found);
  CHECK(start_child({.program = "/etc/passwd"}).error().code == Errc::forbidden);
  CHECK(start_child({.program = ""}).error().code == Errc::not_found);
  auto elsewhere = shell("true");
  elsewhere.cwd = "/no/such/dir";
  CHECK(start_child(elsewhere).error().code == Errc::invalid_request);
  auto long_list = shell("true");
  long_list.env.emplace_back("A=" + std::string(4 << 20, 'x'));
  CHECK(start_child(long_list).error().message == "arguments and environment are too long");
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("descriptors may swap places") {
  int a[2], b[2];
  REQUIRE(pipe2(a, O_CLOEXEC) == 0);
  REQUIRE(pipe2(b, O_CLOEXEC) == 0);
  Fd a_read(a[0]), b_read(b[0]), a_write(fcntl(a[1], F_DUPFD_CLOEXEC, 50)),
      b_write(fcntl(b[1], F_DUPFD_CLOEXEC, 51));
  close(a[1]);
  close(b[1]);
  auto options = shell("echo to-a >&51; echo to-b >&50");
  options.program = "/bin/bash";
  options.fds = {{50, 51}, {51, 50}};
  REQUIRE(a_write.get() == 50);
  REQUIRE(b_write.get() == 51);
  auto child = start_child(options);
  REQUIRE(child);
  a_write.reset();
  b_write.reset();
  CHECK(read_until_end(a_read.get()) == "to-a\n");
  CHECK(read_until_end(b_read.get()) == "to-b\n");
  CHECK(status_of(*child) == 0);
}

TEST_CASE("a child inherits no descriptor that it was not given") {
  Fd leaky(open("/dev/null", O_RDONLY));
  REQUIRE(leaky.get() > 2);
  CHECK(output_of(shell(fmt::format("test -e /proc/self/fd/{} && echo leaked || echo clean", leaky.get())))
            .text == "clean\n");
}

TEST_CASE("a child starts with default signal handling even where we ignore") {
  auto before = std::signal(SIGPIPE, SIG_IGN);
  CHECK(output_of(shell("grep SigIgn /proc/self/status; grep SigBlk /proc/self/status")).text ==
        "SigIgn:\t0000000000000000\nSigBlk:\t0000000000000000\n");
  std::signal(SIGPIPE, before);
}

TEST_CASE("a child under another identity has its groups and nothing of ours") {
  if (getuid() != 0) return;
  auto options = shell("id -u; id -g; id -G; cat /proc/self/oom_score_adj");
  options.identity = Identity{12345, 23456, {23456, 34567}};
  options.oom_score_adj = 100;
  CHECK(output_of(options).text == "12345\n23456\n23456 34567\n100\n");
  CHECK(getuid() == 0);
}

TEST_CASE("a terminal child has a controlling terminal of the given size") {
  auto pty = open_pty({.cols = 101, .rows = 33});
  REQUIRE(pty);
  auto options = shell("stty size < /dev/tty; ps -o tty= -p $$ >/dev/null; echo done");
  for (int fd : {0, 1, 2}) options.fds.emplace_back(pty->slave.get(), fd);
  options.controlling_terminal = true;
  auto child = start_child(options);
  REQUIRE(child);
  pty->slave.reset();
  CHECK(read_until_end(pty->master.get()) == "33 101\r\ndone\r\n");
  CHECK(status_of(*child) == 0);
}

TEST_CASE("an end that comes before anybody watches is kept while it is expected") {
  boost::asio::io_context io;
  Reaper reaper(io.get_executor());
  int code = -2;
  {
    auto expected = reaper.expect();
    auto child = start_child(shell("exit 5"));
    pollfd ended{child->pidfd.get(), POLLIN, 0};
    REQUIRE(poll(&ended, 1, 10'000) == 1);
    io.run_one();
    reaper.watch(child->pid, [&](Ending ending) { code = ending.exit_code; });
  }
  reaper.stop();
  io.run();
  CHECK(code == 5);
}

TEST_CASE("the reaper tells how each child ended") {
  boost::asio::io_context io;
  Reaper reaper(io.get_executor());
  std::vector<int> codes;
  int signal = 0;
  auto stop_at_two = [&](Ending ending) {
    codes.push_back(ending.exit_code);
    if (ending.signal) signal = ending.signal;
    if (codes.size() == 2) reaper.stop();
  };
  reaper.watch(start_child(shell("exit 3"))->pid, stop_at_two);
  reaper.watch(start_child(shell("kill -TERM $$"))->pid, stop_at_two);
  io.run();
  std::ranges::sort(codes);
  CHECK(codes == std::vector<int>{-1, 3});
  CHECK(signal == SIGTERM);
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  pthread_sigmask(SIG_UNBLOCK, &chld, nullptr);
}
