// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/tunnels.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/control/agents/breaker.h"

using namespace sandbar;
using namespace sandbar::control::agents;
using namespace std::chrono_literals;

namespace {

// One connection: what control holds, and the agent's end.
struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    control = ends[0];
    agent = ends[1];
  }
  ~Pair() { end(); }
  void end() {
    if (agent >= 0) ::close(std::exchange(agent, -1));
  }
  int control = -1, agent = -1;
};

void run(std::function<Task<void>()> body) {
  boost::asio::io_context io;
  spawn(io.get_executor(), "test", body());
  io.run();
}

// Whether what was taken is the connection that ends at this agent.
Task<bool> leads_to(Pair& pair, http::ByteStream& stream) {
  CHECK((co_await stream.write_some("x")).value_or(0) == 1);
  char byte = 0;
  co_return ::recv(pair.agent, &byte, 1, MSG_DONTWAIT) == 1 && byte == 'x';
}

}  // namespace

TEST_CASE("a parked connection goes to whoever asks for its host, and to nobody else") {
  run([]() -> Task<void> {
    Tunnels tunnels;
    Pair mine, other;
    auto host = HostId::random(), neighbour = HostId::random();
    CHECK(tunnels.park(host, mine.control));
    CHECK(tunnels.park(neighbour, other.control));
    auto stream = co_await tunnels.take(host);
    REQUIRE(stream);
    CHECK(co_await leads_to(mine, **stream));
    CHECK(tunnels.parked(host) == 0);
    CHECK(tunnels.parked(neighbour) == 1);
  });
}

TEST_CASE("a connection that has ended is not given to anybody") {
  run([]() -> Task<void> {
    Tunnels tunnels;
    Pair good, dead;
    auto host = HostId::random();
    tunnels.park(host, good.control);
    tunnels.park(host, dead.control);
    dead.end();
    auto stream = co_await tunnels.take(host);
    REQUIRE(stream);
    CHECK(co_await leads_to(good, **stream));
    Pair late;
    tunnels.park(host, late.control);
    late.end();
    tunnels.sweep();
    CHECK(tunnels.parked(host) == 0);
  });
}

TEST_CASE("who asks before there is a connection gets the next one, even from another thread") {
  run([]() -> Task<void> {
    Tunnels tunnels;
    Pair pair;
    auto host = HostId::random();
    std::jthread agent([&] { tunnels.park(host, pair.control); });
    auto stream = co_await with_timeout(5s, "waiting", tunnels.take(host));
    REQUIRE(stream);
    CHECK(co_await leads_to(pair, **stream));
  });
}

TEST_CASE("who gave up waiting leaves the connection to the next one") {
  run([]() -> Task<void> {
    Tunnels tunnels;
    Pair pair;
    auto host = HostId::random();
    auto none = co_await with_timeout(1ms, "waiting", tunnels.take(host));
    CHECK(none.error().code == Errc::deadline_exceeded);
    tunnels.park(host, pair.control);
    CHECK(tunnels.parked(host) == 1);
    CHECK(co_await tunnels.take(host));
  });
}

TEST_CASE("a host can park only so many, and none of them outlives its removal") {
  Tunnels tunnels;
  auto host = HostId::random();
  std::vector<std::unique_ptr<Pair>> pairs;
  for (std::size_t i = 0; i < Tunnels::kMaxParked; ++i)
    CHECK(tunnels.park(host, pairs.emplace_back(std::make_unique<Pair>())->control));
  CHECK_FALSE(tunnels.park(host, pairs.emplace_back(std::make_unique<Pair>())->control));
  tunnels.drop(host);
  CHECK(tunnels.parked(host) == 0);
  char byte;
  CHECK(::recv(pairs.front()->agent, &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE(
    "PL-1: a host that does not answer is not dialled for a while, then once, then again when it is back") {
  Breaker breaker;
  Breaker::Moment now{};
  for (int i = 0; i < Breaker::kFailures; ++i) {
    CHECK(breaker.may_try(now));
    breaker.failed(now);
  }
  CHECK_FALSE(breaker.may_try(now));
  now += Breaker::kFirstPause;
  CHECK(breaker.may_try(now));
  CHECK_FALSE(breaker.may_try(now));  // one attempt at a time
  breaker.failed(now);
  now += Breaker::kFirstPause;
  CHECK_FALSE(breaker.may_try(now));  // the pause grows
  for (int i = 0; i < 20; ++i) breaker.failed(now);
  now += Breaker::kLongestPause;
  CHECK(breaker.may_try(now));
  CHECK_FALSE(breaker.may_try(now));
  breaker.heard();
  CHECK(breaker.may_try(now));
  CHECK_FALSE(breaker.may_try(now));  // one attempt at a time here too
  breaker.succeeded();
  CHECK(breaker.may_try(now));
  CHECK(breaker.may_try(now));
}

TEST_CASE("PL-1: what one thread knows of a host, all do, and a heartbeat ends the pause") {
  Breakers breakers;
  auto host = HostId::random();
  auto mine = breakers.of(host), yours = breakers.of(host), others = breakers.of(HostId::random());
  Breaker::Moment now{std::chrono::hours(1)};
  for (int i = 0; i < Breaker::kFailures; ++i) mine->failed(now);
  CHECK_FALSE(yours->may_try(now));
  CHECK(others->may_try(now));
  breakers.heard(HostId::random());
  CHECK_FALSE(yours->may_try(now));
  breakers.heard(host);
  CHECK(yours->may_try(now));
}
