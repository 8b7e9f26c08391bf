// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/describe.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"

namespace sandbar::control::webhooks {

using WebhookId = Id<"wh-">;
using DeliveryId = Id<"whd-">;

enum class DeliveryKind { event, ping, replay };
BOOST_DESCRIBE_ENUM(DeliveryKind, event, ping, replay)

enum class DeliveryStatus {
  pending,    // waits for its first attempt, or for the next
  delivered,  // answered with 2xx
  failed,     // given up
};
BOOST_DESCRIBE_ENUM(DeliveryStatus, pending, delivered, failed)

struct Webhook {
  WebhookId id;
  TeamId team_id;
  std::string url, description;
  std::vector<std::string> events;
  std::optional<Time> old_secret_until;
  bool enabled = true;
  std::string disabled_reason;
  std::optional<Time> failing_since;
  std::string created_by;
  Time created_at{}, updated_at{};
};
BOOST_DESCRIBE_STRUCT(Webhook, (),
                      (id, team_id, url, description, events, old_secret_until, enabled, disabled_reason,
                       failing_since, created_by, created_at, updated_at))

struct WithSecret {
  Webhook row;
  Secret secret;  // shown once
};

struct NewWebhook {
  std::string url, description;
  std::vector<std::string> events;
};

struct WebhookChange {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> enabled;
};

struct Delivery {
  DeliveryId id;
  WebhookId webhook_id;
  DeliveryKind kind = DeliveryKind::event;
  std::optional<DeliveryId> replay_of;
  std::string event, body;
  DeliveryStatus status = DeliveryStatus::pending;
  int attempts = 0;
  Time next_attempt_at{};
  std::optional<int> response_status;
  std::string response_excerpt, error;
  std::optional<std::int64_t> latency_ms;
  Time created_at{};
  std::optional<Time> completed_at;
};
BOOST_DESCRIBE_STRUCT(Delivery, (),
                      (id, webhook_id, kind, replay_of, event, body, status, attempts, next_attempt_at,
                       response_status, response_excerpt, error, latency_ms, created_at, completed_at))

struct ListDeliveries {
  TeamId team_id;
  WebhookId webhook_id;
  std::optional<DeliveryStatus> status;
  std::optional<std::string> cursor;
  int limit = 50;
};

struct Settings {
  std::vector<std::string> allow_cidrs;  // private ranges that may be reached all the same
  bool allow_http = false;
  std::chrono::milliseconds timeout{10'000};  // of one attempt
  int attempts = 10;
  std::chrono::milliseconds retry_base{10'000}, retry_max = std::chrono::hours(1);
  std::chrono::milliseconds disable_after = std::chrono::days(3);
  std::chrono::milliseconds retention = std::chrono::days(7);
};

// What this process has done; shared by all threads.
struct Counters {
  std::atomic<std::uint64_t> delivered = 0, failed_attempts = 0, given_up = 0;
};

}  // namespace sandbar::control::webhooks
