// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/webhooks/api.h"

namespace sandbar::control::webhooks {
namespace {

using access::Call;
using enum http::Access;

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

WebhookView view_of(Webhook w) {
  return {w.id,
          std::move(w.url),
          std::move(w.description),
          std::move(w.events),
          w.enabled,
          unless_empty(std::move(w.disabled_reason)),
          w.failing_since,
          w.old_secret_until,
          std::move(w.created_by),
          w.created_at,
          w.updated_at,
          {}};
}

WebhookView view_of(WithSecret made) {
  auto view = view_of(std::move(made.row));
  view.secret = made.secret.reveal();
  return view;
}

DeliveryView view_of(Delivery d) {
  DeliveryView view{.id = d.id, .webhook_id = d.webhook_id, .kind = d.kind, .replay_of = d.replay_of};
  view.event = std::move(d.event);
  view.status = d.status;
  view.attempts = d.attempts;
  if (d.status == DeliveryStatus::pending) view.next_attempt_at = d.next_attempt_at;
  view.response_status = d.response_status;
  view.response_excerpt = unless_empty(std::move(d.response_excerpt));
  view.error = unless_empty(std::move(d.error));
  view.latency_ms = d.latency_ms;
  view.created_at = d.created_at;
  view.completed_at = d.completed_at;
  return view;
}

DeliveryView detail_of(Delivery d) {
  auto body = d.body;
  auto view = view_of(std::move(d));
  view.body = std::move(body);
  return view;
}

Result<http::Accepted<DeliveryView>> accepted(Call& call, Result<Delivery> made) {
  if (made) return http::Accepted<DeliveryView>{detail_of(*std::move(made))};
  if (made.error().code == Errc::rate_limited) call.answer_headers.set("Retry-After", "60");
  return fail(std::move(made).error());
}

Task<Result<http::Page<WebhookView>>> list(WebhookService& service, Call& call) {
  CO_TRY(auto webhooks, co_await service.list(call.team()));
  http::Page<WebhookView> page;
  for (auto& webhook : webhooks) page.items.push_back(view_of(std::move(webhook)));
  co_return page;
}

Task<Result<http::Created<WebhookView>>> create(WebhookService& service, Call& call,
                                                CreateWebhookRequest request) {
  NewWebhook wanted{std::move(request.url), request.description.value_or(""), std::move(request.events)};
  CO_TRY(auto made, co_await service.create(call.actor(), std::move(wanted)));
  co_return http::Created<WebhookView>{view_of(std::move(made))};
}

Task<Result<WebhookView>> view(WebhookService& service, Call& call, WebhookId id) {
  CO_TRY(auto webhook, co_await service.get(call.team(), id));
  co_return view_of(std::move(webhook));
}

Task<Result<WebhookView>> update(WebhookService& service, Call& call, WebhookId id,
                                 UpdateWebhookRequest request) {
  WebhookChange change{std::move(request.url), std::move(request.description), std::move(request.events),
                       request.enabled};
  CO_TRY(auto webhook, co_await service.change(call.actor(), id, std::move(change)));
  co_return view_of(std::move(webhook));
}

Task<Result<http::NoContent>> remove(WebhookService& service, Call& call, WebhookId id) {
  CO_TRY_VOID(co_await service.remove(call.actor(), id));
  co_return http::NoContent{};
}

Task<Result<WebhookView>> rotate_secret(WebhookService& service, Call& call, WebhookId id,
                                        RotateSecretRequest request) {
  std::chrono::seconds overlap(std::clamp<std::int64_t>(request.overlap_sec, -1, 1'000'000'000));
  CO_TRY(auto rotated, co_await service.rotate_secret(call.actor(), id, overlap));
  co_return view_of(std::move(rotated));
}

Task<Result<http::Accepted<DeliveryView>>> ping(WebhookService& service, Call& call, WebhookId id) {
  co_return accepted(call, co_await service.ping(call.team(), id));
}

Task<Result<http::Page<DeliveryView>>> deliveries(WebhookService& service, Call& call, WebhookId id,
                                                  http::Query<DeliveriesQuery> query) {
  CO_TRY(auto page,
         co_await service.list_deliveries({call.team(), id, query->status, query->cursor, query->limit}));
  http::Page<DeliveryView> view{.next_cursor = std::move(page.next_cursor)};
  for (auto& delivery : page.items) view.items.push_back(view_of(std::move(delivery)));
  co_return view;
}

Task<Result<DeliveryView>> delivery(WebhookService& service, Call& call, WebhookId id,
                                    DeliveryId delivery_id) {
  CO_TRY(auto found, co_await service.get_delivery(call.team(), id, delivery_id));
  co_return detail_of(std::move(found));
}

Task<Result<http::Accepted<DeliveryView>>> replay(WebhookService& service, Call& call, WebhookId id,
                                                  DeliveryId delivery_id) {
  co_return accepted(call, co_await service.replay(call.team(), id, delivery_id));
}

constexpr http::ServiceRoute<WebhookService> kRoutes[] = {
    http::route<&list>("GET", "/v1/webhooks", user, "List the team's webhooks"),
    http::route<&create>("POST", "/v1/webhooks", team_admin, "Make a webhook; its secret is shown only now"),
    http::route<&view>("GET", "/v1/webhooks/{id}", user, "Show a webhook"),
    http::route<&update>("PATCH", "/v1/webhooks/{id}", team_admin, "Change, enable or disable a webhook"),
    http::route<&remove>("DELETE", "/v1/webhooks/{id}", team_admin, "Delete a webhook and its deliveries"),
    http::route<&rotate_secret>("POST", "/v1/webhooks/{id}/rotate-secret", team_admin,
                                "Replace a webhook's secret; the old one signs too for a while"),
    http::route<&ping>("POST", "/v1/webhooks/{id}/ping", team_admin, "Send a test event to a webhook"),
    http::route<&deliveries>("GET", "/v1/webhooks/{id}/deliveries", team_admin,
                             "List what was sent to a webhook, newest first"),
    http::route<&delivery>("GET", "/v1/webhooks/{id}/deliveries/{delivery}", team_admin,
                           "Show a delivery with its body"),
    http::route<&replay>("POST", "/v1/webhooks/{id}/deliveries/{delivery}/replay", team_admin,
                         "Send a delivery's body again, as a new delivery"),
};

}  // namespace

http::Routes<WebhookService> routes() { return kRoutes; }

}  // namespace sandbar::control::webhooks
