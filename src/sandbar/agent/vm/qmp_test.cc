// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qmp.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/unix_socket.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kGreeting =
    R"({"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7},"package":"Debian"},"capabilities":[]}})"
    "\r\n";

// Accepts one client and answers its n-th line with the n-th text.
class FakeQemu {
 public:
  FakeQemu(std::string greeting, std::vector<std::string> answers)
      : listener_(*listen_unix(path())), thread_([this, greeting, answers] { serve(greeting, answers); }) {}
  ~FakeQemu() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    fs::remove_all(directory_);
  }
  fs::path path() const { return directory_ / std::string(90, 'n'); }
  int received_fd = -1;

 private:
  std::string read_line(int client) {
    std::string line;
    for (char c = 0; c != '\n';) {
      iovec data{&c, 1};
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
      msghdr message{};
      message.msg_iov = &data, message.msg_iovlen = 1;
      message.msg_control = control, message.msg_controllen = sizeof control;
      if (::recvmsg(client, &message, 0) != 1) return {};
      if (auto* header = CMSG_FIRSTHDR(&message)) std::memcpy(&received_fd, CMSG_DATA(header), sizeof(int));
      line += c;
    }
    return line;
  }

  // Until the client has had enough.
  static void say(int client, std::string_view text) {
    while (!text.empty()) {
      auto count = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void serve(const std::string& greeting, const std::vector<std::string>& answers) {
    proc::Fd client(::accept(listener_.get(), nullptr, nullptr));
    if (!client) return;
    say(client.get(), greeting);
    for (const auto& answer : answers) {
      if (read_line(client.get()).empty()) return;
      say(client.get(), answer);
    }
    read_line(client.get());
  }

  fs::path directory_ = [] {
    char name[] = "/tmp/sandbar-qmp-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  proc::Fd listener_;
  std::thread thread_;
};

template <class T>
T run(std::function<Task<T>(Executor)> body) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, body(io.get_executor()), [&](std::exception_ptr e, T value) {
    if (!e) result.emplace(std::move(value));
  });
  io.run();
  REQUIRE(result);
  return std::move(*result);
}

using Answer = Result<boost::json::value>;
const std::string kReady = R"({"return":{},"id":1})"
                           "\n";

Task<Answer> ask(Executor executor, fs::path path, int fd) {
  CO_TRY(auto client, co_await QmpClient::connect(executor, path, 2s));
  co_return co_await client->execute("query-status", {}, fd, 300ms);
}

Answer answer_to(FakeQemu& qemu, int fd = -1) {
  auto path = qemu.path();
  return run<Answer>([path, fd](Executor e) { return ask(e, path, fd); });
}

Task<Answer> version_and_event(Executor executor, fs::path path) {
  CO_TRY(auto client, co_await QmpClient::connect(executor, path, 2s));
  CO_TRY(auto ignored, co_await client->execute("cont"));
  CO_TRY(auto event, co_await client->wait_event("MIGRATION", 2s));
  event["version"] = client->version();
  co_return boost::json::value(std::move(event));
}

}  // namespace

TEST_CASE("events and stale answers between a command and its answer do not confuse") {
  FakeQemu qemu(std::string(kGreeting), {kReady, R"({"event":"RESUME"}
{"return":"old","id":1}
{"return":"new","id":2}
)"});
  auto answer = answer_to(qemu);
  REQUIRE(answer);
  CHECK(*answer == "new");
}

TEST_CASE("an event that came while a command ran is not lost") {
  FakeQemu qemu(std::string(kGreeting), {kReady, R"({"event":"STOP"}
{"event":"MIGRATION","data":{"status":"completed"}}
{"return":{},"id":2}
)"});
  auto path = qemu.path();
  auto answer = run<Answer>([path](Executor e) { return version_and_event(e, path); });
  REQUIRE(answer);
  CHECK(answer->at("status") == "completed");
  CHECK(answer->at("version") == "7.2.22 (Debian)");
}

TEST_CASE("an error of QEMU is an error that names the command") {
  FakeQemu qemu(std::string(kGreeting),
                {kReady, R"({"error":{"class":"GenericError","desc":"no such"},"id":2})"
                         "\n"});
  auto answer = answer_to(qemu);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().detail.find("QMP query-status") == 0);
  CHECK(answer.error().detail.find("no such") != std::string::npos);
}

TEST_CASE("silence, garbage, endless lines and a closed connection all end in an error") {
  std::vector<std::string> answers{kReady};
  auto code = Errc::unavailable;
  SUBCASE("silence") { answers.push_back(""), code = Errc::deadline_exceeded; }
  SUBCASE("garbage") { answers.push_back("{nonsense\n"); }
  SUBCASE("not an object") { answers.push_back("42\n"); }
  SUBCASE("an endless line") { answers.push_back(std::string(3 << 20, 'x')); }
  FakeQemu qemu(std::string(kGreeting), answers);
  auto answer = answer_to(qemu);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == code);
}

TEST_CASE("a descriptor travels with its command") {
  FakeQemu qemu(std::string(kGreeting), {kReady, R"({"return":{},"id":2})"
                                                 "\n"});
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(answer_to(qemu, ends[0]));
  REQUIRE(qemu.received_fd >= 0);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  char byte = 0;
  CHECK(::read(qemu.received_fd, &byte, 1) == 1);
  for (int fd : {ends[0], ends[1], qemu.received_fd}) ::close(fd);
}
