// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/agents/types.h"
#include "sandbar/control/metrics/types.h"

namespace sandbar::control::metrics {

// In the tier's density, in order of time: the processor's mean and the others' maximum of each period. Times
// are whole milliseconds, as agents tell them.
std::vector<Point> condense(const std::vector<agents::MetricSample>& samples, const Tier& tier);
// Both in order of time; for the same moment `newer` speaks.
std::vector<Point> merge(const std::vector<Point>& older, const std::vector<Point>& newer);

}  // namespace sandbar::control::metrics
