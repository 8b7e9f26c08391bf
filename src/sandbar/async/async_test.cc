// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <thread>

#include "sandbar/async/blocking.h"
#include "sandbar/async/event.h"
#include "sandbar/async/gatherer.h"
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

// Doubles what it is asked, when it may.
struct Oracle {
  explicit Oracle(boost::asio::io_context& io) : tasks(io.get_executor()), may(io.get_executor()) {}

  Gatherer<int, int> gatherer{3, [this](std::vector<int> questions) { return answer(std::move(questions)); }};
  std::vector<std::size_t> rounds;  // how many questions each had
  std::vector<int> heard;
  std::vector<std::string> refused;
  Supervisor tasks;
  Event may;

  Task<Result<std::vector<int>>> answer(std::vector<int> questions) {
    rounds.push_back(questions.size());
    co_await may.wait();
    for (int& question : questions) {
      if (question == 13) throw std::runtime_error("an unlucky number");
      if (question < 0) co_return fail(invalid_request("negative"));
      question *= 2;
    }
    co_return questions;
  }
  Task<void> ask(int question) {
    auto answer = co_await gatherer.get(question);
    answer ? heard.push_back(*answer) : refused.push_back(answer.error().message);
  }
  void hear(int question) { tasks.spawn("asks", ask(question)); }
  Task<void> speak(std::size_t in_rounds) {
    while (rounds.size() < in_rounds) co_await sleep_for(1ms);
    may.notify_all();
  }
};

Task<void> gathers(boost::asio::io_context& io) {
  Oracle oracle(io);
  oracle.hear(1);
  while (oracle.rounds.empty()) co_await sleep_for(1ms);
  for (int question : {2, 3, 4, 5}) oracle.hear(question);
  for (std::size_t round : {1u, 2u, 3u}) co_await oracle.speak(round);
  co_await oracle.tasks.drained();
  CHECK(oracle.rounds == std::vector<std::size_t>{1, 3, 1});
  CHECK(oracle.heard == std::vector{2, 4, 6, 8, 10});
  oracle.hear(6);  // begins anew
  co_await oracle.speak(4);
  co_await oracle.tasks.drained();
  CHECK(oracle.heard.back() == 12);
}

Task<void> fails_together(boost::asio::io_context& io) {
  Oracle oracle(io);
  oracle.hear(1);
  while (oracle.rounds.empty()) co_await sleep_for(1ms);
  for (int question : {-1, 2, 3, 13, 4}) oracle.hear(question);
  for (std::size_t round : {1u, 2u, 3u}) co_await oracle.speak(round);
  co_await oracle.tasks.drained();
  CHECK(oracle.heard == std::vector{2});
  CHECK(oracle.refused.size() == 5);
  oracle.hear(5);
  co_await oracle.speak(4);
  co_await oracle.tasks.drained();
  CHECK(oracle.heard == std::vector{2, 10});
}

Task<void> goes_on_without(boost::asio::io_context& io) {
  Oracle oracle(io);
  {
    Supervisor impatient(io.get_executor());
    impatient.spawn("asks", oracle.ask(1));
    while (oracle.rounds.empty()) co_await sleep_for(1ms);
    impatient.spawn("asks", oracle.ask(2));
    oracle.hear(3);
    co_await impatient.shut_down();
  }
  for (std::size_t round : {1u, 2u}) co_await oracle.speak(round);
  co_await oracle.tasks.drained();
  CHECK(oracle.heard == std::vector{6});
}

// Several of these, each on a thread of its own, ask in common rounds.
struct Asker {
  Asker(std::shared_ptr<Gatherer<int, int>::Queue> queue, std::atomic<int>& asking)
      : gatherer(std::move(queue), std::bind_front(&Asker::answer, this)), asking_(asking) {}

  Gatherer<int, int> gatherer;
  int right = 0, rounds = 0;
  bool alone = true;    // nobody asked at the same time
  bool at_home = true;  // its own thread asked

  Task<Result<std::vector<int>>> answer(std::vector<int> questions) {
    alone = alone && ++asking_ == 1;
    at_home = at_home && std::this_thread::get_id() == home_;
    ++rounds;
    co_await sleep_for(1ms);
    for (int& question : questions) question *= 2;
    --asking_;
    co_return questions;
  }
  Task<void> ask(int question) {
    auto answer = co_await gatherer.get(question);
    if (answer && *answer == 2 * question) ++right;
  }
  Task<void> ask_many(boost::asio::io_context& io) {
    home_ = std::this_thread::get_id();
    Supervisor tasks(io.get_executor());
    for (int turn = 0; turn < 20; ++turn) {
      for (int i = 0; i < 10; ++i) tasks.spawn("asks", ask(turn * 10 + i));
      co_await sleep_for(1ms);
    }
    co_await tasks.drained();
  }

 private:
  std::atomic<int>& asking_;
  std::thread::id home_ = {};
};

void ask_on_threads() {
  auto queue = Gatherer<int, int>::make_queue(1000);
  std::atomic<int> asking = 0;
  std::deque<Asker> askers;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      auto& asker = askers.emplace_back(queue, asking);
      threads.emplace_back([&asker] { run(std::bind_front(&Asker::ask_many, &asker)); });
    }
  }
  int rounds = 0;
  for (const auto& asker : askers) {
    CHECK(asker.right == 200);
    CHECK(asker.alone);
    CHECK(asker.at_home);
    rounds += asker.rounds;
  }
  CHECK(rounds < 80);  // of 4 threads that asked 20 times each
}

}  // namespace

TEST_CASE("threads ask in common rounds, one at a time, each with its own means") { ask_on_threads(); }
TEST_CASE("questions that come while one is answered are the next round, and all get their answers") {
  run(gathers);
}
TEST_CASE("a round that fails, in whatever way, fails for those in it only") { run(fails_together); }
TEST_CASE("who stops waiting for an answer does not keep the others from theirs") { run(goes_on_without); }
TEST_CASE("a task that takes too long is cancelled and says so") { run(timeouts); }
TEST_CASE("a supervisor cancels its tasks and waits for their end") { run(supervised); }
TEST_CASE("an event wakes all who wait and times out for those who asked") { run(events); }
TEST_CASE("blocking work leaves the loop's thread and comes back to it") { run(blocking); }
