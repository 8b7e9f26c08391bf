// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

// Counts requests and their time by route. One object for all threads of a process: counting is a few relaxed
// atomic additions.

namespace sandbar::http {

struct Route;

class RequestMetrics {
 public:
  explicit RequestMetrics(std::size_t routes)
      : size_(routes + 1), rows_(std::make_unique<Row[]>(routes + 1)) {}

  // `route` is the row's index in the router, or unknown_route().
  void count(std::size_t route, int status, std::chrono::steady_clock::duration took);
  std::size_t unknown_route() const { return size_ - 1; }
  // In the Prometheus text format; `routes` are those of the router, in its order.
  std::string prometheus_text(std::span<const Route* const> routes) const;

 private:
  static constexpr std::array<std::int64_t, 9> kBucketsUs{1'000,   5'000,     10'000,    25'000,    100'000,
                                                          250'000, 1'000'000, 5'000'000, 30'000'000};
  using Counter = std::atomic<std::uint64_t>;
  struct Row {
    std::array<Counter, 6> by_class{};  // 2xx at [2]
    std::array<Counter, kBucketsUs.size()> buckets{};
    Counter sum_us{}, total{};
  };
  static void write_totals(std::string& out, const Row& row, const std::string& labels);
  static void write_times(std::string& out, const Row& row, const std::string& labels);

  std::size_t size_;
  std::unique_ptr<Row[]> rows_;
};

}  // namespace sandbar::http
