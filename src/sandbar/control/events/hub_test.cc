// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/hub.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/pg/test_database.h"

using namespace sandbar;
using namespace sandbar::control::events;
using namespace std::chrono_literals;

namespace {

const TeamId kTeam = TeamId::random();

Batch batch_of(std::int64_t first, std::int64_t count) {
  std::vector<Change> changes;
  for (auto seq = first; seq < first + count; ++seq)
    changes.push_back({.xid = 7, .seq = seq, .team_id = kTeam, .resource = "sandbox"});
  return std::make_shared<const std::vector<Change>>(std::move(changes));
}

Listener member() { return {.actor = "usr-x", .team = kTeam}; }

Task<void> hears_in_order(Executor executor) {
  Feed feed;
  Hub hub(executor, feed);
  Subscription mine(hub, member());
  feed.deliver(batch_of(1, 3));
  co_await sleep_for(0ms);
  mine.start_after({7, 1});
  feed.deliver(batch_of(2, 3));
  co_await sleep_for(0ms);
  for (std::int64_t expected : {2, 3, 4}) {
    auto change = co_await mine.next(1s);
    REQUIRE(change);
    CHECK(change->seq == expected);
  }
  CHECK(!co_await mine.next(1ms));
  CHECK(mine.position() == Position{7, 4});
}

Task<void> wait_until_told(Subscription& mine, Position position, bool& is_told) {
  co_await mine.told(position, 10s);
  is_told = true;
}

Task<void> tells_all(Executor executor) {
  Feed feed;
  Hub hub(executor, feed);
  Subscription mine(hub, member());
  Supervisor tasks(executor);
  bool is_told = false;
  tasks.spawn("waiting", wait_until_told(mine, {7, 2}, is_told));
  feed.deliver(batch_of(1, 2));
  for (std::int64_t expected : {1, 2}) {
    auto change = co_await mine.next(1s);
    REQUIRE(change);
    CHECK(change->seq == expected);
    co_await sleep_for(1ms);
    CHECK(!is_told);
  }
  CHECK(!co_await mine.next(1ms));
  co_await tasks.drained();
  CHECK(is_told);
  co_await mine.told({7, 3}, 1ms);
  CHECK(mine.position() == Position{7, 2});
}

Task<void> slow_one_ends(Executor executor) {
  Feed feed;
  Hub hub(executor, feed);
  Subscription mine(hub, member());
  feed.deliver(batch_of(1, 10 * kMaxBatch));
  co_await mine.alarmed(1ms);
  CHECK(mine.trouble() == Subscription::Trouble::none);
  feed.deliver(batch_of(10 * kMaxBatch + 1, 1));
  co_await mine.alarmed(1s);
  CHECK(mine.trouble() == Subscription::Trouble::slow);
}

Task<void> gap_ends_all(Executor executor) {
  Feed feed;
  Hub hub(executor, feed);
  Subscription mine(hub, member());
  feed.deliver(nullptr);
  co_await mine.alarmed(1s);
  CHECK(mine.trouble() == Subscription::Trouble::missed);
}

Task<void> reads_while_somebody_listens(Executor executor) {
  Feed feed;
  Hub hub(executor, feed);
  CHECK(!feed.is_wanted());
  {
    Subscription mine(hub, member());
    CHECK(feed.is_wanted());
    feed.begin();
    CHECK(co_await hub.being_read());
    CHECK(hub.count("usr-x") == 1);
  }
  CHECK(feed.is_read());
  CHECK(!feed.is_wanted());
  CHECK(!feed.is_read());
}

}  // namespace

TEST_CASE("a listener hears in order, and nothing twice") { pg::run_task(hears_in_order); }
TEST_CASE("what was taken is told once another is asked for") { pg::run_task(tells_all); }
TEST_CASE("a listener that does not keep up is ended") { pg::run_task(slow_one_ends); }
TEST_CASE("where something may have been missed, all are ended") { pg::run_task(gap_ends_all); }
TEST_CASE("nothing is read while nobody listens") { pg::run_task(reads_while_somebody_listens); }
