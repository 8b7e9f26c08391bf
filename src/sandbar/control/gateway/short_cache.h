// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>

// Values that are good for a moment: what was read from the database a second ago need not be read again. The
// number of entries is bounded. For one thread.

namespace sandbar::control::gateway {

template <class Key, class Value>
class ShortCache {
 public:
  using Clock = std::chrono::steady_clock;

  ShortCache(std::chrono::milliseconds lifetime, std::size_t max_entries)
      : lifetime_(lifetime), max_entries_(max_entries) {}

  std::optional<Value> find(const Key& key) const {
    auto it = entries_.find(key);
    if (it == entries_.end() || Clock::now() >= it->second.until) return std::nullopt;
    return it->second.value;
  }
  void put(const Key& key, Value value) {
    if (lifetime_.count() == 0) return;
    if (entries_.size() >= max_entries_) make_room();
    entries_.insert_or_assign(key, Entry{std::move(value), Clock::now() + lifetime_});
  }
  void forget(const Key& key) { entries_.erase(key); }

 private:
  struct Entry {
    Value value;
    Clock::time_point until;
  };
  // Everything that is over; all of it if nothing is.
  void make_room() {
    auto now = Clock::now();
    std::erase_if(entries_, [now](const auto& entry) { return now >= entry.second.until; });
    if (entries_.size() >= max_entries_) entries_.clear();
  }

  std::chrono::milliseconds lifetime_;
  std::size_t max_entries_;
  std::map<Key, Entry> entries_;
};

}  // namespace sandbar::control::gateway
