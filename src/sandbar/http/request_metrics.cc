// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/request_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sandbar/http/route.h"

namespace sandbar::http {

void RequestMetrics::count(std::size_t route, int status, std::chrono::steady_clock::duration took) {
  auto& row = rows_[route];
  auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  auto add = [](Counter& counter, std::uint64_t by) { counter.fetch_add(by, std::memory_order_relaxed); };
  add(row.by_class[static_cast<std::size_t>(std::clamp(status / 100, 0, 5))], 1);
  auto bucket = std::ranges::lower_bound(kBucketsUs, us);
  if (bucket != kBucketsUs.end()) add(row.buckets[static_cast<std::size_t>(bucket - kBucketsUs.begin())], 1);
  add(row.sum_us, static_cast<std::uint64_t>(us));
  add(row.total, 1);
}

void RequestMetrics::write_row(std::string& out, const Row& row, std::string_view method, std::string_view path) const {
  auto labels = fmt::format("method=\"{}\",route=\"{}\"", method, path);
  auto line = std::back_inserter(out);
  for (std::size_t i = 1; i < row.by_class.size(); ++i)
    if (auto n = row.by_class[i].load(std::memory_order_relaxed))
      fmt::format_to(line, "sandbar_http_requests_total{{{},status=\"{}xx\"}} {}\n", labels, i, n);
  auto total = row.total.load(std::memory_order_relaxed);
  if (total == 0) return;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBucketsUs.size(); ++i) {
    below += row.buckets[i].load(std::memory_order_relaxed);
    auto limit = static_cast<double>(kBucketsUs[i]) / 1e6;
    fmt::format_to(line, "sandbar_http_request_duration_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, limit, below);
  }
  fmt::format_to(line, "sandbar_http_request_duration_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels, total);
  auto seconds = static_cast<double>(row.sum_us.load(std::memory_order_relaxed)) / 1e6;
  fmt::format_to(line, "sandbar_http_request_duration_seconds_sum{{{}}} {}\n", labels, seconds);
  fmt::format_to(line, "sandbar_http_request_duration_seconds_count{{{}}} {}\n", labels, total);
}

std::string RequestMetrics::prometheus_text(std::span<const Route* const> routes) const {
  std::string out =
      "# TYPE sandbar_http_requests_total counter\n"
      "# TYPE sandbar_http_request_duration_seconds histogram\n";
  for (std::size_t i = 0; i < routes.size(); ++i) write_row(out, rows_[i], routes[i]->method, routes[i]->path);
  write_row(out, rows_[unknown_route()], "*", "*");
  return out;
}

}  // namespace sandbar::http
