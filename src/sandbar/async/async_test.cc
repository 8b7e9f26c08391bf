// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "sandbar/async/blocking.h"
#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"

using namespace sandbar;
using namespace std::chrono_literals;

namespace {

Task<Result<int>> answer_after(std::chrono::milliseconds delay) {
  co_await sleep_for(delay);
  co_return 42;
}

Task<void> sleep_forever(bool& ended) {
  try {
    co_await sleep_for(1h);
  } catch (...) {
    ended = true;
    throw;
  }
}

void run(std::function<Task<void>(boost::asio::io_context&)> body) {
  boost::asio::io_context io;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, body(io), [&](std::exception_ptr e) { thrown = e; });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
}

Task<void> timeouts(boost::asio::io_context&) {
  auto slow = co_await with_timeout(1ms, "the answer", answer_after(1h));
  CHECK(slow.error().code == Errc::deadline_exceeded);
  CHECK(slow.error().detail == "the answer took too long");
  auto fast = co_await with_timeout(1h, "the answer", answer_after(1ms));
  CHECK(*fast == 42);
}

Task<void> supervised(boost::asio::io_context& io) {
  Supervisor tasks(io.get_executor());
  bool first = false, second = false;
  tasks.spawn("first", sleep_forever(first));
  tasks.spawn("second", sleep_forever(second));
  co_await sleep_for(1ms);
  CHECK(tasks.running() == 2);
  co_await tasks.shut_down();
  CHECK(first);
  CHECK(second);
  CHECK(tasks.running() == 0);
}

Task<void> waiter(Event& event, int& woken) {
  co_await event.wait();
  ++woken;
}

Task<void> events(boost::asio::io_context& io) {
  Event event(io.get_executor());
  int woken = 0;
  Supervisor tasks(io.get_executor());
  tasks.spawn("a", waiter(event, woken));
  tasks.spawn("b", waiter(event, woken));
  bool notified = co_await event.wait_for(5ms);
  CHECK(!notified);
  CHECK(woken == 0);
  event.notify_all();
  co_await tasks.drained();
  CHECK(woken == 2);
}

Task<void> blocking(boost::asio::io_context&) {
  BlockingPool pool(1);
  auto here = std::this_thread::get_id();
  auto there = co_await pool.run([] { return std::this_thread::get_id(); });
  CHECK(there != here);
  CHECK(std::this_thread::get_id() == here);
}

}  // namespace

TEST_CASE("a task that takes too long is cancelled and says so") { run(timeouts); }
TEST_CASE("a supervisor cancels its tasks and waits for their end") { run(supervised); }
TEST_CASE("an event wakes all who wait and times out for those who asked") { run(events); }
TEST_CASE("blocking work leaves the loop's thread and comes back to it") { run(blocking); }
