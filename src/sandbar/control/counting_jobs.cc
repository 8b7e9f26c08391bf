// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/counting_jobs.h"

#include <algorithm>

namespace sandbar::control {
namespace {

// A job that answers how much it has changed.
Task<Result<jobs::JobReport>> report_of(std::function<Task<Result<int>>()> count) {
  CO_TRY(auto changed, co_await count());
  co_return jobs::JobReport{.changed = changed};
}

template <class Service>
jobs::Job counting(std::string_view name, std::chrono::milliseconds period, Service& service,
                   Task<Result<int>> (Service::*count)()) {
  return {name, period,
          [&service, count](jobs::Leadership) { return report_of(std::bind_front(count, &service)); }};
}

}  // namespace

void add_counting_jobs(std::vector<jobs::Job>& jobs, const Config& config, Counting of) {
  using namespace std::chrono_literals;
  using usage::UsageService, webhooks::Dispatcher, metrics::MetricsService;
  auto look = std::min(config.monitor_period, config.metrics_store_period);
  jobs.push_back(counting("team_stats", config.stats_period, of.usage, &UsageService::sample));
  jobs.push_back(counting("usage_pruning", 1h, of.usage, &UsageService::prune));
  jobs.push_back(counting("webhook_events", config.webhook_period, of.webhooks, &Dispatcher::fan_out));
  jobs.push_back(
      counting("webhook_deliveries", config.webhook_period, of.webhooks, &Dispatcher::attempt_due));
  jobs.push_back(counting("webhook_pruning", 1h, of.webhooks, &Dispatcher::prune));
  jobs.push_back(counting("change_pruning", 1min, of.events, &events::EventsService::prune));
  jobs.push_back(counting("metric_history", look, of.metrics, &MetricsService::store_due));
  jobs.push_back(counting("metric_pruning", 1h, of.metrics, &MetricsService::prune));
}

usage::Settings usage_settings(const Config& config) {
  return {.sample_period = config.stats_period,
          .sample_retention = config.stats_retention,
          .day_retention = config.usage_retention};
}

metrics::Settings metrics_settings(const Config& config) {
  return {.store_period = config.metrics_store_period, .retention = config.metrics_retention};
}

}  // namespace sandbar::control
