// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/store.h"

#include "sandbar/control/webhooks/store.sql.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::webhooks {
namespace {

constexpr int kMaxByHand = 60;  // pings and replays of one webhook within a minute

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

Result<Webhook> one(Result<pg::Rows> rows, WebhookId id) {
  if (!rows) return fail(std::move(rows).error());
  auto webhook = rows->maybe<Webhook>();
  if (!webhook) return fail(not_found("webhook", id.str()));
  return *std::move(webhook);
}

}  // namespace

Task<Result<Webhook>> insert_webhook(pg::Session& session, WebhookRow row, int max) {
  CO_TRY_VOID(co_await session.query(sql::lock_team, row.team_id));
  CO_TRY(auto rows, co_await session.query(sql::insert_webhook, row.id, row.team_id, row.wanted.url,
                                           row.wanted.description, row.wanted.events, row.sealed_secret,
                                           row.created_by, max));
  if (rows.empty())
    co_return fail(Error{Errc::quota_exceeded, fmt::format("a team may have {} webhooks", max)});
  co_return rows[0].as<Webhook>();
}

Task<Result<std::vector<Webhook>>> list_webhooks(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::list_webhooks, team));
  co_return rows.all<Webhook>();
}

Task<Result<Webhook>> get_webhook(pg::Session& session, TeamId team, WebhookId id) {
  co_return one(co_await session.query(sql::get_webhook, id, team), id);
}

Task<Result<Webhook>> lock_webhook(pg::Transaction& tx, TeamId team, WebhookId id) {
  co_return one(co_await tx.query(sql::lock_webhook, id, team), id);
}

Task<Result<Webhook>> update_webhook(pg::Session& session, TeamId team, WebhookId id, WebhookChange change) {
  co_return one(co_await session.query(sql::update_webhook, change.url, change.description, change.events,
                                       change.enabled, id, team),
                id);
}

Task<Result<Webhook>> replace_secret(pg::Session& session, TeamId team, WebhookId id, std::string sealed,
                                     std::chrono::seconds overlap) {
  co_return one(co_await session.query(sql::replace_secret, std::int64_t{overlap.count()}, sealed, id, team),
                id);
}

Task<Result<void>> delete_webhook(pg::Session& session, TeamId team, WebhookId id) {
  CO_TRY(auto rows, co_await session.query(sql::delete_webhook, id, team));
  if (rows.affected() == 0) co_return fail(not_found("webhook", id.str()));
  co_return Result<void>{};
}

Task<Result<Delivery>> insert_delivery(pg::Session& session, NewDelivery d) {
  CO_TRY(auto rows, co_await session.query(sql::insert_delivery, DeliveryId::random(), d.kind, d.replay_of,
                                           d.event, d.body, d.webhook_id, d.team_id, kMaxByHand));
  if (rows.empty())
    co_return fail(Error{Errc::rate_limited, "too many pings and replays within a minute: wait a little"});
  co_return rows[0].as<Delivery>();
}

Task<Result<std::vector<Delivery>>> list_deliveries(pg::Session& session, ListDeliveries list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  CO_TRY(auto rows, co_await session.query(sql::list_deliveries, list.webhook_id, list.team_id, list.status,
                                           before, before_id, list.limit + 1));
  co_return rows.all<Delivery>();
}

Task<Result<Delivery>> find_delivery(pg::Session& session, TeamId team, WebhookId webhook, DeliveryId id) {
  CO_TRY(auto rows, co_await session.query(sql::find_delivery, id, webhook, team));
  auto delivery = rows.maybe<Delivery>();
  if (!delivery) co_return fail(not_found("delivery", id.str()));
  co_return *std::move(delivery);
}

Task<Result<void>> give_up_deliveries(pg::Session& session, TeamId team, WebhookId id, std::string_view why) {
  co_return done(co_await session.query(sql::give_up_deliveries, DeliveryStatus::failed, why, id, team,
                                        DeliveryStatus::pending));
}

Task<Result<std::vector<WebhookId>>> list_behind(pg::Session& session, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_behind_any_team, limit));
  std::vector<WebhookId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<WebhookId>("id"));
  co_return ids;
}

Task<Result<std::optional<Behind>>> lock_behind(pg::Transaction& tx, WebhookId id) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_behind_any_team, id));
  co_return rows.maybe<Behind>();
}

Task<Result<std::vector<ChainEntry>>> list_entries(pg::Session& session, TeamId team, std::int64_t after,
                                                   int limit) {
  CO_TRY(auto rows, co_await session.query(sql::list_entries, team, after, limit));
  co_return rows.all<ChainEntry>();
}

Task<Result<void>> insert_event(pg::Session& session, NewDelivery d) {
  co_return done(co_await session.query(sql::insert_event, DeliveryId::random(), d.webhook_id, d.team_id,
                                        d.kind, d.seq, d.event, d.body));
}

Task<Result<void>> set_last_seq(pg::Session& session, TeamId team, WebhookId id, std::int64_t seq) {
  co_return done(co_await session.query(sql::set_last_seq, seq, id, team));
}

Task<Result<std::vector<Claim>>> claim_deliveries(pg::Session& session, std::vector<WebhookId> busy,
                                                  std::chrono::milliseconds lease, int limit) {
  CO_TRY(auto rows, co_await session.query(sql::claim_deliveries_any_team, DeliveryStatus::pending,
                                           DeliveryKind::ping, busy, limit, std::int64_t{lease.count()}));
  co_return rows.all<Claim>();
}

Task<Result<bool>> finish_delivery(pg::Session& session, Finish f) {
  CO_TRY(auto rows, co_await session.query(
                        sql::finish_delivery_any_team, f.status, std::int64_t{f.retry_in.count()},
                        f.outcome.status, f.outcome.excerpt, f.outcome.error,
                        std::int64_t{f.outcome.latency.count()}, DeliveryStatus::pending, f.id, f.attempts));
  co_return rows.affected() == 1;
}

Task<Result<void>> note_success(pg::Session& session, WebhookId id) {
  co_return done(co_await session.query(sql::note_success_any_team, id));
}

Task<Result<bool>> note_failure(pg::Session& session, WebhookId id, std::chrono::milliseconds limit) {
  CO_TRY(auto rows, co_await session.query(sql::note_failure_any_team, id, std::int64_t{limit.count()}));
  co_return !rows.empty() && rows[0].get<bool>("too_long");
}

Task<Result<bool>> disable_webhook(pg::Session& session, TeamId team, WebhookId id, std::string reason) {
  CO_TRY(auto rows, co_await session.query(sql::disable_webhook, reason, id, team));
  co_return rows.affected() == 1;
}

Task<Result<int>> delete_old_deliveries(pg::Session& session, std::chrono::milliseconds keep) {
  CO_TRY(auto rows, co_await session.query(sql::delete_old_deliveries_any_team, std::int64_t{keep.count()}));
  co_return static_cast<int>(rows.affected());
}

Task<Result<std::int64_t>> count_pending(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::count_pending_any_team, DeliveryStatus::pending));
  co_return rows[0].get<std::int64_t>("value");
}

}  // namespace sandbar::control::webhooks
