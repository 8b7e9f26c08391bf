// SPDX-License-Identifier: Apache-2.0
#include "sandbar/serial/line.h"

#include <sys/socket.h>

#include "sandbar/http/handover.h"
#include "sandbar/http/test_support.h"

using namespace sandbar;
using namespace sandbar::serial;
using namespace std::chrono_literals;
using http::test::read_to_end;
using http::test::run;

namespace {

// Both ends of a port. The descriptors stay, as QEMU does when an agent goes and another one comes.
struct Port {
  explicit Port(Executor e) : executor(e) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    callers = proc::Fd(ends[0]);
    answerers = proc::Fd(ends[1]);
  }
  ~Port() {
    for (const auto& line : lines) line->close();
  }
  LinePtr call() { return begin(callers, {}); }
  LinePtr answer(Line::Accept accept) { return begin(answerers, std::move(accept)); }
  // What is accepted is kept.
  LinePtr answer() {
    return answer([this](http::ByteStreamPtr stream) { accepted.push_back(std::move(stream)); });
  }
  LinePtr begin(const proc::Fd& end, Line::Accept accept) {
    return lines.emplace_back(Line::start(executor, proc::Fd(::dup(end.get())), std::move(accept)));
  }
  void write(const proc::Fd& end, std::string_view bytes) {
    REQUIRE(::write(end.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }

  Executor executor;
  proc::Fd callers, answerers;
  std::vector<LinePtr> lines;
  std::vector<http::ByteStreamPtr> accepted;
};

Task<http::ByteStreamPtr> opened(LinePtr line) {
  auto stream = co_await line->open(5s);
  REQUIRE(stream.has_value());
  co_return std::move(*stream);
}

Task<std::string> read(http::ByteStream& stream, std::size_t size) {
  std::string all(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    auto n = co_await stream.read_some({all.data() + got, size - got});
    if (n.value_or(0) == 0) co_return all.substr(0, got) + (n ? "<end>" : "<broken>");
    got += *n;
  }
  co_return all;
}

std::string frame(Kind kind, std::string_view payload) {
  std::string out;
  append_frame(out, kind, payload);
  return out;
}

Task<void> carries(Executor executor) {
  Port port(executor);
  port.answer();
  auto mine = co_await opened(port.call());
  REQUIRE(port.accepted.size() == 1);
  auto& other = *port.accepted[0];
  CHECK((co_await mine->write_some("")).value_or(1) == 0);
  CHECK(co_await http::write_all(*mine, "ping"));
  CHECK(co_await read(other, 4) == "ping");
  CHECK(co_await http::write_all(other, std::string("po\0ng", 5)));
  co_await other.shut_down();
  CHECK(co_await read_to_end(*mine) == std::string("po\0ng", 5));
  CHECK(co_await http::write_all(*mine, "more"));
  mine->close();
  CHECK(co_await read(other, 5) == "more<broken>");
  CHECK_FALSE((co_await other.write_some("x")).has_value());
}

Task<void> send_all(http::ByteStream& stream, const std::string& bytes) {
  CHECK(co_await http::write_all(stream, bytes));
  co_await stream.shut_down();
}

Task<void> carries_much(Executor executor) {
  Port port(executor);
  port.answer();
  auto mine = co_await opened(port.call());
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i) large += std::to_string(i);
  Supervisor tasks(executor);
  tasks.spawn("there", send_all(*mine, large));
  tasks.spawn("back", send_all(*port.accepted[0], large));
  CHECK(co_await read_to_end(*port.accepted[0]) == large);
  CHECK(co_await read_to_end(*mine) == large);
  co_await tasks.drained();
}

Task<void> one_at_a_time(Executor executor) {
  Port port(executor);
  port.answer();
  auto line = port.call();
  CHECK(line->is_free());
  auto mine = co_await opened(line);
  CHECK_FALSE(line->is_free());
  CHECK((co_await line->open(1s)).error().code == Errc::unavailable);
  CHECK(co_await http::write_all(*mine, "unread"));
  mine.reset();
  CHECK(line->is_free());
  auto next = co_await opened(line);
  REQUIRE(port.accepted.size() == 2);
  CHECK(co_await http::write_all(*next, "new"));
  CHECK(co_await read(*port.accepted[1], 3) == "new");
  CHECK(co_await read(*port.accepted[0], 7) == "unread<broken>");
}

Task<void> caller_is_replaced(Executor executor) {
  Port port(executor);
  port.answer();
  auto first = port.call();
  auto mine = co_await opened(first);
  CHECK(co_await http::write_all(*port.accepted[0], "for whoever was there"));
  // Its last words broke off, within a frame that looks like a hello in its middle.
  auto broken = frame(Kind::data, frame(Kind::hello, std::string(kNonceBytes, 'n')));
  for (std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{3}, broken.size() - 1}) {
    CAPTURE(cut);
    first->close();
    port.write(port.callers, std::string_view(broken).substr(0, cut));
    first = port.call();
    auto before = port.accepted.size();
    auto next = co_await opened(first);
    REQUIRE(port.accepted.size() == before + 1);
    CHECK(co_await http::write_all(*next, "x"));
    CHECK(co_await read(*port.accepted.back(), 1) == "x");
    CHECK(co_await http::write_all(*port.accepted.back(), "y"));
    CHECK(co_await read(*next, 1) == "y");
  }
  CHECK(co_await read(*port.accepted[0], 1) == "<broken>");
}

// What was read from it before the snapshot is not read again.
Task<void> answerer_is_replaced(Executor executor) {
  Port port(executor);
  auto old = port.answer();
  auto line = port.call();
  auto mine = co_await opened(line);
  old->close();
  port.write(port.answerers, frame(Kind::data, "the last w").substr(0, 8));
  port.answer();
  mine.reset();
  auto next = co_await opened(line);
  CHECK(co_await http::write_all(*port.accepted.back(), "hello"));
  CHECK(co_await read(*next, 5) == "hello");
}

Task<void> silence(Executor executor) {
  Port port(executor);
  auto line = port.call();
  CHECK((co_await line->open(10ms)).error().message == "the line is silent");
  CHECK_FALSE(line->is_free());
  port.answer();
  while (!line->is_free()) co_await sleep_for(1ms);
  auto mine = co_await opened(line);
  CHECK(co_await http::write_all(*mine, "now"));
  CHECK(co_await read(*port.accepted.back(), 3) == "now");
}

Task<void> gives_up(Executor executor, bool& is_over) {
  Port port(executor);
  port.answer();
  auto mine = co_await opened(port.call());
  Supervisor tasks(executor);
  auto wait = [](http::ByteStream& stream, bool& over) -> Task<void> {
    char byte;
    CHECK((co_await stream.read_some({&byte, 1})).error().code == Errc::canceled);
    over = true;
  };
  tasks.spawn("read", wait(*mine, is_over));
  co_await sleep_for(1ms);
  mine->cancel();
  co_await tasks.drained();
  CHECK(co_await http::write_all(*port.accepted[0], "z"));
  CHECK(co_await read(*mine, 1) == "z");
}

Task<void> hostile_answers(Executor executor) {
  Port port(executor);
  auto line = port.call();
  auto garbage = frame(Kind::hello, std::string(kNonceBytes, 'x')) + "\xff\xff\xff\x01" +
                 frame(Kind::data, "early") + frame(Kind::reset, "") + std::string(100'000, '\x02');
  port.write(port.answerers, garbage);
  CHECK_FALSE((co_await line->open(20ms)).has_value());
  port.callers.reset();
  port.answerers.reset();
  for (int i = 0; i < 1000 && line.use_count() > 2; ++i) co_await sleep_for(1ms);
  CHECK_FALSE(line->is_free());
}

Task<void> answer_get(http::Exchange& exchange) {
  co_await exchange.respond({200, {}, exchange.request().target});
}

Task<void> speaks_http(Executor executor) {
  Port port(executor);
  auto server = http::make_server(executor, answer_get);
  port.answer([&](http::ByteStreamPtr stream) { http::serve_stream(*server, std::move(stream)); });
  auto line = port.call();
  auto client = http::make_client(executor, {[line] { return line->open(5s); }, "guest"});
  for (std::string path : {"/a", "/b", "/c"}) {
    auto answer = co_await client->fetch({"GET", path, {}});
    REQUIRE(answer.has_value());
    CHECK(answer->body == path);
  }
  CHECK(server->connections() == 1);
  auto closing = co_await client->fetch({"GET", "/d", {{"Connection", "close"}}});
  CHECK(closing->body == "/d");
  CHECK((co_await client->fetch({"GET", "/e", {}}))->body == "/e");
}

}  // namespace

TEST_CASE("a line carries bytes both ways, and tells of their end") { run(carries); }
TEST_CASE("whoever does not read is waited for") { run(carries_much); }
TEST_CASE("a line has one connection at a time") { run(one_at_a_time); }
TEST_CASE("a new caller is not taken for the old one") { run(caller_is_replaced); }
TEST_CASE("a new answerer is not taken for the old one") { run(answerer_is_replaced); }
TEST_CASE("who does not answer in time may do so later") { run(silence); }
TEST_CASE("a pending read can be given up") {
  bool is_over = false;
  run([&](Executor executor) { return gives_up(executor, is_over); });
  CHECK(is_over);
}
TEST_CASE("what an answerer makes up does no harm") { run(hostile_answers); }
TEST_CASE("HTTP goes over a line") { run(speaks_http); }
