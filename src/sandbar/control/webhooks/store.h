// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/webhooks/courier.h"
#include "sandbar/control/webhooks/events.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::webhooks {

struct WebhookRow {
  WebhookId id;
  TeamId team_id;
  NewWebhook wanted;
  std::string sealed_secret, created_by;
};

struct NewDelivery {
  TeamId team_id;
  WebhookId webhook_id;
  DeliveryKind kind = DeliveryKind::event;
  std::optional<std::int64_t> seq = {};
  std::optional<DeliveryId> replay_of = {};
  std::string event = {}, body = {};
};

// A delivery that this process may attempt now, and what is needed for it.
struct Claim {
  DeliveryId id;
  WebhookId webhook_id;
  TeamId team_id;
  std::string event, body;
  int attempts = 0;  // this one included
  std::string url, secret;
  std::optional<std::string> old_secret;  // while it still signs
};
BOOST_DESCRIBE_STRUCT(Claim, (), (id, webhook_id, team_id, event, body, attempts, url, secret, old_secret))

// What became of an attempt.
struct Finish {
  DeliveryId id;
  int attempts = 0;
  DeliveryStatus status = DeliveryStatus::pending;
  std::chrono::milliseconds retry_in{};
  Outcome outcome;
};

// A webhook whose chain goes on beyond what it has heard of.
struct Behind {
  TeamId team_id;
  std::vector<std::string> events;
  std::int64_t last_seq = 0;
  Time created_at{};
};
BOOST_DESCRIBE_STRUCT(Behind, (), (team_id, events, last_seq, created_at))

// quota_exceeded if the team has `max` already. It begins at the present end of the team's chain.
Task<Result<Webhook>> insert_webhook(pg::Session& session, WebhookRow row, int max);
Task<Result<std::vector<Webhook>>> list_webhooks(pg::Session& session, TeamId team);
Task<Result<Webhook>> get_webhook(pg::Session& session, TeamId team, WebhookId id);
Task<Result<Webhook>> lock_webhook(pg::Transaction& tx, TeamId team, WebhookId id);
Task<Result<Webhook>> update_webhook(pg::Session& session, TeamId team, WebhookId id, WebhookChange change);
Task<Result<Webhook>> replace_secret(pg::Session& session, TeamId team, WebhookId id, std::string sealed,
                                     std::chrono::seconds overlap);
Task<Result<void>> delete_webhook(pg::Session& session, TeamId team, WebhookId id);

// By hand: rate_limited if that has been done too often of late.
Task<Result<Delivery>> insert_delivery(pg::Session& session, NewDelivery delivery);
Task<Result<std::vector<Delivery>>> list_deliveries(pg::Session& session, ListDeliveries list);
Task<Result<Delivery>> find_delivery(pg::Session& session, TeamId team, WebhookId webhook, DeliveryId id);
Task<Result<void>> give_up_deliveries(pg::Session& session, TeamId team, WebhookId id, std::string_view why);

Task<Result<std::vector<WebhookId>>> list_behind(pg::Session& session, int limit);
// Nothing if it is disabled or gone meanwhile.
Task<Result<std::optional<Behind>>> lock_behind(pg::Transaction& tx, WebhookId id);
Task<Result<std::vector<ChainEntry>>> list_entries(pg::Session& session, TeamId team, std::int64_t after,
                                                   int limit);
// Does nothing for an entry that has become a delivery already.
Task<Result<void>> insert_event(pg::Session& session, NewDelivery delivery);
Task<Result<void>> set_last_seq(pg::Session& session, TeamId team, WebhookId id, std::int64_t seq);

// `busy` ones are passed over.
Task<Result<std::vector<Claim>>> claim_deliveries(pg::Session& session, std::vector<WebhookId> busy,
                                                  std::chrono::milliseconds lease, int limit);
// False if somebody else has taken the delivery over.
Task<Result<bool>> finish_delivery(pg::Session& session, Finish finish);
Task<Result<void>> note_success(pg::Session& session, WebhookId id);
// Whether it has failed for longer than `limit` now.
Task<Result<bool>> note_failure(pg::Session& session, WebhookId id, std::chrono::milliseconds limit);
// False if it was not enabled.
Task<Result<bool>> disable_webhook(pg::Session& session, TeamId team, WebhookId id, std::string reason);
Task<Result<int>> delete_old_deliveries(pg::Session& session, std::chrono::milliseconds keep);
Task<Result<std::int64_t>> count_pending(pg::Session& session);

}  // namespace sandbar::control::webhooks
