// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/config.h"
#include "sandbar/control/events/service.h"
#include "sandbar/control/jobs/types.h"
#include "sandbar/control/metrics/service.h"
#include "sandbar/control/usage/service.h"
#include "sandbar/control/webhooks/dispatcher.h"

// The jobs that count, tell and forget: samples of what teams run, measurements of sandboxes, webhooks,
// changes.

namespace sandbar::control {

struct Counting {
  usage::UsageService& usage;
  webhooks::Dispatcher& webhooks;
  metrics::MetricsService& metrics;
  events::EventsService& events;
};
void add_counting_jobs(std::vector<jobs::Job>& jobs, const Config& config, Counting of);
usage::Settings usage_settings(const Config& config);
metrics::Settings metrics_settings(const Config& config);

}  // namespace sandbar::control
