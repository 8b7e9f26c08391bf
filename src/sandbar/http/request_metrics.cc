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

void RequestMetrics::write_totals(std::string& out, const Row& row, const std::string& labels) {
  for (std::size_t i = 1; i < row.by_class.size(); ++i)
    if (auto n = row.by_class[i].load(std::memory_order_relaxed))
      fmt::format_to(std::back_inserter(out), "sandbar_http_requests_total{{{},status=\"{}xx\"}} {}\n",
                     labels, i, n);
}

void RequestMetrics::write_times(std::string& out, const Row& row, const std::string& labels) {
  constexpr std::string_view kName = "sandbar_http_request_duration_seconds";
  auto line = std::back_inserter(out);
  auto total = row.total.load(std::memory_order_relaxed);
  if (total == 0) return;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBucketsUs.size(); ++i) {
    below += row.buckets[i].load(std::memory_order_relaxed);
    auto limit = static_cast<double>(kBucketsUs[i]) / 1e6;
    fmt::format_to(line, "{}_bucket{{{},le=\"{}\"}} {}\n", kName, labels, limit, below);
  }
  auto seconds = static_cast<double>(row.sum_us.load(std::memory_order_relaxed)) / 1e6;
  fmt::format_to(line, "{0}_bucket{{{1},le=\"+Inf\"}} {2}\n{0}_sum{{{1}}} {3}\n{0}_count{{{1}}} {2}\n", kName,
                 labels, total, seconds);
}

std::string RequestMetrics::prometheus_text(std::span<const Route* const> routes) const {
  std::vector<std::string> labels;
  for (const auto* route : routes)
    labels.push_back(fmt::format("method=\"{}\",route=\"{}\"", route->method, route->path));
  labels.push_back("method=\"*\",route=\"*\"");
  std::string out = "# TYPE sandbar_http_requests_total counter\n";
  for (std::size_t i = 0; i < labels.size(); ++i) write_totals(out, rows_[i], labels[i]);
  out += "# TYPE sandbar_http_request_duration_seconds histogram\n";
  for (std::size_t i = 0; i < labels.size(); ++i) write_times(out, rows_[i], labels[i]);
  return out;
}

}  // namespace sandbar::http
