// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/reader.h"

#include "sandbar/async/timer.h"
#include "sandbar/control/events/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::events {
namespace {

constexpr std::chrono::milliseconds kPeriod{100}, kPause{1000};
// Well before rows are forgotten.
constexpr std::chrono::minutes kMaxSilence{5};

}  // namespace

Task<void> Reader::run() {
  auto now = [] { return std::chrono::steady_clock::now(); };
  auto read_at = now();
  for (bool is_failing = false;;) {
    co_await sleep_for(is_failing ? kPause : kPeriod);
    auto done = co_await read();
    if (!done && !is_failing) log::warn("changes not read", {{"error", done.error()}});
    is_failing = !done;
    if (done) read_at = now();
    if (now() - read_at < kMaxSilence) continue;
    feed_.deliver(nullptr);
    read_at = now();
  }
}

Task<Result<void>> Reader::read() {
  bool is_begun = feed_.is_read();
  if (!feed_.is_wanted()) co_return Result<void>{};
  if (!is_begun) {
    CO_TRY(position_, co_await find_end(database_));
    feed_.begin();
  }
  for (bool more = true; more;) {
    CO_TRY(auto changes, co_await list_changes(database_, position_, kMaxBatch));
    if (changes.empty()) break;
    more = changes.size() == kMaxBatch;
    position_ = changes.back().position();
    feed_.deliver(std::make_shared<const std::vector<Change>>(std::move(changes)));
  }
  co_return Result<void>{};
}

}  // namespace sandbar::control::events
