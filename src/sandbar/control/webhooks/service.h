// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/types.h"
#include "sandbar/control/webhooks/courier.h"
#include "sandbar/http/page.h"
#include "sandbar/pg/database.h"

// Webhooks as their team manages them, and what was sent to them. Whoever may manage a team may point its
// webhooks somewhere; where that may be is the courier's policy. Sending is the dispatcher's.

namespace sandbar::control::webhooks {

class WebhookService {
 public:
  struct Parts {
    pg::Database& database;
    const Clock& clock;
    const Secret& sealing_key;  // access::seal() of the webhooks' secrets
    const Courier& courier;
    Settings settings;
  };
  explicit WebhookService(Parts parts) : parts_(std::move(parts)) {}

  Task<Result<WithSecret>> create(access::Actor actor, NewWebhook wanted);
  Task<Result<std::vector<Webhook>>> list(TeamId team);
  Task<Result<Webhook>> get(TeamId team, WebhookId id);
  // Disabling gives up what is still to be sent. One that is enabled again hears of what happens from then
  // on.
  Task<Result<Webhook>> change(access::Actor actor, WebhookId id, WebhookChange change);
  Task<Result<void>> remove(access::Actor actor, WebhookId id);
  // The secret before signs too for `overlap`.
  Task<Result<WithSecret>> rotate_secret(access::Actor actor, WebhookId id, std::chrono::seconds overlap);

  Task<Result<http::Page<Delivery>>> list_deliveries(ListDeliveries list);
  Task<Result<Delivery>> get_delivery(TeamId team, WebhookId webhook, DeliveryId id);
  // Sends the same body again, as a delivery of its own.
  Task<Result<Delivery>> replay(TeamId team, WebhookId webhook, DeliveryId id);
  // Also to a disabled one.
  Task<Result<Delivery>> ping(TeamId team, WebhookId id);

 private:
  Result<void> validate(const WebhookChange& change) const;
  Task<Result<Webhook>> create_in(access::Actor actor, NewWebhook wanted, Secret secret, pg::Transaction& tx);
  Task<Result<Webhook>> change_in(access::Actor actor, WebhookId id, WebhookChange change,
                                  pg::Transaction& tx);
  Task<Result<bool>> remove_in(access::Actor actor, WebhookId id, pg::Transaction& tx);
  Task<Result<Webhook>> rotate_in(access::Actor actor, WebhookId id, Secret secret,
                                  std::chrono::seconds overlap, pg::Transaction& tx);

  Parts parts_;
};

}  // namespace sandbar::control::webhooks
