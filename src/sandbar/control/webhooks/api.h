// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/webhooks/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::webhooks {

struct CreateWebhookRequest {
  std::string url;
  std::vector<std::string> events;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(CreateWebhookRequest, (), (url, events, description))

struct UpdateWebhookRequest {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(UpdateWebhookRequest, (), (url, description, events, enabled))

struct RotateSecretRequest {
  std::int64_t overlap_sec = 24 * 3600;  // how long the old secret signs too
};
BOOST_DESCRIBE_STRUCT(RotateSecretRequest, (), (overlap_sec))

struct WebhookView {
  WebhookId id;
  std::string url, description;
  std::vector<std::string> events;
  bool enabled = true;
  std::optional<std::string> disabled_reason;
  std::optional<Time> failing_since, old_secret_until;
  std::string created_by;
  Time created_at{}, updated_at{};
  std::optional<std::string> secret;  // only when it has just been made
};
BOOST_DESCRIBE_STRUCT(WebhookView, (),
                      (id, url, description, events, enabled, disabled_reason, failing_since,
                       old_secret_until, created_by, created_at, updated_at, secret))

struct DeliveriesQuery {
  std::optional<DeliveryStatus> status;
  int limit = 50;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(DeliveriesQuery, (), (status, limit, cursor))

struct DeliveryView {
  DeliveryId id;
  WebhookId webhook_id;
  DeliveryKind kind = DeliveryKind::event;
  std::optional<DeliveryId> replay_of;
  std::string event;
  DeliveryStatus status = DeliveryStatus::pending;
  int attempts = 0;
  std::optional<Time> next_attempt_at;  // while it is pending
  std::optional<int> response_status;
  std::optional<std::string> response_excerpt, error;
  std::optional<std::int64_t> latency_ms;
  Time created_at{};
  std::optional<Time> completed_at;
  std::optional<std::string> body;  // where one delivery is shown
};
BOOST_DESCRIBE_STRUCT(DeliveryView, (),
                      (id, webhook_id, kind, replay_of, event, status, attempts, next_attempt_at,
                       response_status, response_excerpt, error, latency_ms, created_at, completed_at, body))

}  // namespace sandbar::control::webhooks
