// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/service.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/access/sealing.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/webhooks/events.h"
#include "sandbar/control/webhooks/store.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::webhooks {
namespace {

using audit::What;

constexpr int kMaxWebhooks = 20;
constexpr std::size_t kMaxPatterns = 50, kMaxDescription = 200, kSecretBytes = 32;
constexpr std::chrono::seconds kMaxOverlap = std::chrono::days(7);
constexpr std::string_view kDisabled = "the webhook was disabled";

Secret new_secret() { return Secret("whsec_" + random_hex(kSecretBytes)); }

audit::Event event_of(What what, access::Actor actor, WebhookId id, boost::json::object metadata = {}) {
  auto team = actor.team->id;
  return audit::happened(what, team, std::move(actor), id.str(), std::move(metadata));
}

Error wrong(std::string field, std::string what) {
  return invalid_request(field + " " + what, {{field, what}});
}

Result<void> check_events(const std::vector<std::string>& events) {
  if (events.empty()) return fail(wrong("events", "must name at least one event"));
  if (events.size() > kMaxPatterns) return fail(wrong("events", "must have at most 50 entries"));
  if (std::ranges::all_of(events, is_pattern)) return {};
  return fail(wrong("events", "must be like sandbox.create, sandbox.* or *"));
}

// What the audit entry says was changed.
boost::json::object changes_of(const WebhookChange& change) {
  boost::json::object out;
  if (change.url) out["url"] = *change.url;
  if (change.events) out["events"] = boost::json::value_from(*change.events);
  if (change.description) out["description"] = *change.description;
  return out;
}

What what_happened(const WebhookChange& change, const Webhook& before) {
  if (!change.enabled || *change.enabled == before.enabled) return What::webhook_update;
  return *change.enabled ? What::webhook_enable : What::webhook_disable;
}

}  // namespace

Result<void> WebhookService::validate(const WebhookChange& change) const {
  if (change.url) {
    TRY(auto url, parse_url(*change.url, parts_.settings.allow_http));
    bool is_address = url.host.contains(':') || url.host.find_first_not_of("0123456789.") == url.host.npos;
    if (is_address && !parts_.courier.policy().permits(url.host))
      return fail(wrong("url", "leads into a network that webhooks must not reach"));
  }
  if (change.events) TRY_VOID(check_events(*change.events));
  bool is_text = !change.description || (is_utf8(*change.description) && !change.description->contains('\0'));
  if (!is_text || (change.description && count_code_points(*change.description) > kMaxDescription))
    return fail(wrong("description", "must be text of at most 200 characters"));
  return {};
}

Task<Result<WithSecret>> WebhookService::create(access::Actor actor, NewWebhook wanted) {
  CO_TRY_VOID(validate({wanted.url, wanted.description, wanted.events, {}}));
  auto secret = new_secret();
  auto body = std::bind_front(&WebhookService::create_in, this, std::move(actor), std::move(wanted), secret);
  CO_TRY(auto row, co_await parts_.database.transaction<Webhook>(std::move(body)));
  co_return WithSecret{std::move(row), std::move(secret)};
}

Task<Result<Webhook>> WebhookService::create_in(access::Actor actor, NewWebhook wanted, Secret secret,
                                                pg::Transaction& tx) {
  WebhookRow row{WebhookId::random(), actor.team->id, std::move(wanted),
                 access::seal(secret, parts_.sealing_key), actor.id};
  CO_TRY(auto made, co_await insert_webhook(tx, std::move(row), kMaxWebhooks));
  auto event = event_of(What::webhook_create, std::move(actor), made.id,
                        {{"url", made.url}, {"events", boost::json::value_from(made.events)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return made;
}

Task<Result<std::vector<Webhook>>> WebhookService::list(TeamId team) {
  return list_webhooks(parts_.database, team);
}

Task<Result<Webhook>> WebhookService::get(TeamId team, WebhookId id) {
  return get_webhook(parts_.database, team, id);
}

Task<Result<Webhook>> WebhookService::change(access::Actor actor, WebhookId id, WebhookChange change) {
  CO_TRY_VOID(validate(change));
  co_return co_await parts_.database.transaction<Webhook>(
      std::bind_front(&WebhookService::change_in, this, std::move(actor), id, std::move(change)));
}

Task<Result<Webhook>> WebhookService::change_in(access::Actor actor, WebhookId id, WebhookChange change,
                                                pg::Transaction& tx) {
  auto team = actor.team->id;
  CO_TRY(auto before, co_await lock_webhook(tx, team, id));
  CO_TRY(auto after, co_await update_webhook(tx, team, id, change));
  if (before.enabled && !after.enabled) CO_TRY_VOID(co_await give_up_deliveries(tx, team, id, kDisabled));
  auto event = event_of(what_happened(change, before), std::move(actor), id, changes_of(change));
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return after;
}

Task<Result<void>> WebhookService::remove(access::Actor actor, WebhookId id) {
  auto body = std::bind_front(&WebhookService::remove_in, this, std::move(actor), id);
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(std::move(body)));
  co_return Result<void>{};
}

Task<Result<bool>> WebhookService::remove_in(access::Actor actor, WebhookId id, pg::Transaction& tx) {
  CO_TRY_VOID(co_await delete_webhook(tx, actor.team->id, id));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::webhook_delete, std::move(actor), id)));
  co_return true;
}

Task<Result<WithSecret>> WebhookService::rotate_secret(access::Actor actor, WebhookId id,
                                                       std::chrono::seconds overlap) {
  if (overlap < std::chrono::seconds(0) || overlap > kMaxOverlap)
    co_return fail(wrong("overlap_sec", "must be between 0 and 604800"));
  auto secret = new_secret();
  auto body = std::bind_front(&WebhookService::rotate_in, this, std::move(actor), id, secret, overlap);
  CO_TRY(auto row, co_await parts_.database.transaction<Webhook>(std::move(body)));
  co_return WithSecret{std::move(row), std::move(secret)};
}

Task<Result<Webhook>> WebhookService::rotate_in(access::Actor actor, WebhookId id, Secret secret,
                                                std::chrono::seconds overlap, pg::Transaction& tx) {
  auto sealed = access::seal(secret, parts_.sealing_key);
  CO_TRY(auto row, co_await replace_secret(tx, actor.team->id, id, std::move(sealed), overlap));
  CO_TRY_VOID(co_await audit::record(tx, event_of(What::webhook_rotate_secret, std::move(actor), id)));
  co_return row;
}

Task<Result<http::Page<Delivery>>> WebhookService::list_deliveries(ListDeliveries list) {
  CO_TRY(auto limit, page_limit(list.limit));
  list.limit = limit;
  CO_TRY_VOID(co_await get(list.team_id, list.webhook_id));
  CO_TRY(auto rows, co_await webhooks::list_deliveries(parts_.database, std::move(list)));
  auto next = cut_page(rows, limit);
  co_return http::Page<Delivery>{std::move(rows), std::move(next)};
}

Task<Result<Delivery>> WebhookService::get_delivery(TeamId team, WebhookId webhook, DeliveryId id) {
  return find_delivery(parts_.database, team, webhook, id);
}

Task<Result<Delivery>> WebhookService::replay(TeamId team, WebhookId webhook, DeliveryId id) {
  CO_TRY(auto row, co_await get(team, webhook));
  if (!row.enabled) co_return fail(invalid_state("the webhook is disabled"));
  CO_TRY(auto before, co_await get_delivery(team, webhook, id));
  NewDelivery again{team, webhook, DeliveryKind::replay, std::nullopt, id, before.event, before.body};
  co_return co_await insert_delivery(parts_.database, std::move(again));
}

Task<Result<Delivery>> WebhookService::ping(TeamId team, WebhookId id) {
  CO_TRY(auto webhook, co_await get(team, id));
  NewDelivery ping{team,
                   id,
                   DeliveryKind::ping,
                   std::nullopt,
                   std::nullopt,
                   "webhook.ping",
                   ping_body(webhook, parts_.clock.now())};
  co_return co_await insert_delivery(parts_.database, std::move(ping));
}

}  // namespace sandbar::control::webhooks
