// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/dispatcher.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/control/access/sealing.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/log/log.h"

namespace sandbar::control::webhooks {
namespace {

constexpr int kSlots = 128, kSlotsOfOne = 4, kBatch = 16;
constexpr int kWebhooksPerRound = 200, kEntriesPerRound = 500;
constexpr std::string_view kGivenUp = "no attempt has succeeded for too long";

audit::Event disabled_event(const Claim& claim) {
  return audit::happened(audit::What::webhook_auto_disable, claim.team_id, access::system_actor(),
                         claim.webhook_id.str(), {{"url", claim.url}, {"cause", kGivenUp}});
}

}  // namespace

Task<Result<int>> Dispatcher::fan_out() {
  CO_TRY(auto behind, co_await list_behind(parts_.database, kWebhooksPerRound));
  int made = 0;
  for (auto id : behind) {
    auto body = std::bind_front(&Dispatcher::fan_out_in, this, id);
    CO_TRY(auto count, co_await parts_.database.transaction<int>(std::move(body)));
    made += count;
  }
  co_return made;
}

Task<Result<int>> Dispatcher::fan_out_in(WebhookId id, pg::Transaction& tx) {
  CO_TRY(auto webhook, co_await lock_behind(tx, id));
  if (!webhook) co_return 0;
  CO_TRY(auto entries, co_await list_entries(tx, webhook->team_id, webhook->last_seq, kEntriesPerRound));
  int made = 0;
  for (const auto& entry : entries) {
    auto name = event_name(entry);
    if (entry.created_at < webhook->created_at || !matches(webhook->events, name)) continue;
    NewDelivery delivery{webhook->team_id, id, DeliveryKind::event, entry.seq};
    delivery.event = std::move(name);
    delivery.body = event_body(entry, webhook->team_id);
    CO_TRY_VOID(co_await insert_event(tx, std::move(delivery)));
    ++made;
  }
  if (!entries.empty()) CO_TRY_VOID(co_await set_last_seq(tx, webhook->team_id, id, entries.back().seq));
  co_return made;
}

Task<Result<int>> Dispatcher::attempt_due() {
  int started = 0;
  while (running_total_ <= kSlots - kBatch) {
    std::vector<WebhookId> busy;
    for (const auto& [id, count] : running_)
      if (count >= kSlotsOfOne) busy.push_back(id);
    auto lease = 2 * parts_.settings.timeout + std::chrono::seconds(1);
    CO_TRY(auto claims, co_await claim_deliveries(parts_.database, std::move(busy), lease, kBatch));
    bool more = claims.size() == kBatch;
    for (auto& claim : claims) {
      ++running_total_;
      ++running_[claim.webhook_id];
      parts_.tasks.spawn("deliver to a webhook", attempt(std::move(claim)));
      ++started;
    }
    if (!more) break;
  }
  co_return started;
}

Task<void> Dispatcher::attempt(Claim claim) {
  auto webhook = claim.webhook_id;
  ScopeExit done([this, webhook] {
    --running_total_;
    if (--running_[webhook] == 0) running_.erase(webhook);
  });
  auto id = claim.id;
  auto noted = co_await attempt_and_note(std::move(claim));
  if (!noted) log::warn("delivery left to be claimed again", {{"delivery", id}, {"error", noted.error()}});
}

Task<Result<void>> Dispatcher::attempt_and_note(Claim claim) {
  CO_TRY(auto secrets, secrets_of(claim));
  auto outcome = co_await parts_.courier.send(
      {claim.id, claim.url, claim.event, claim.body, std::move(secrets)}, parts_.clock.now());
  co_return co_await note(std::move(claim), std::move(outcome));
}

Result<std::vector<Secret>> Dispatcher::secrets_of(const Claim& claim) const {
  std::vector<Secret> secrets;
  for (const auto& sealed : {std::optional(claim.secret), claim.old_secret}) {
    if (!sealed) continue;
    auto secret = access::unseal(*sealed, parts_.sealing_key);
    if (!secret) return fail(internal_error("the secret of " + claim.webhook_id.str() + " cannot be opened"));
    secrets.push_back(*std::move(secret));
  }
  return secrets;
}

// Exponential, with jitter, so that what failed together is not repeated together.
std::chrono::milliseconds Dispatcher::retry_after(int attempts) const {
  auto wait = parts_.settings.retry_base;
  for (int i = 1; i < attempts && wait < parts_.settings.retry_max; ++i) wait *= 3;
  wait = std::min(wait, parts_.settings.retry_max);
  auto random = static_cast<unsigned char>(random_bytes(1).front());
  return wait / 2 + wait * random / 510;
}

Task<Result<void>> Dispatcher::note(Claim claim, Outcome outcome) {
  Finish finish{.id = claim.id, .attempts = claim.attempts};
  bool delivered = outcome.delivered(), is_last = claim.attempts >= parts_.settings.attempts;
  if (delivered || is_last) finish.status = delivered ? DeliveryStatus::delivered : DeliveryStatus::failed;
  finish.retry_in = retry_after(claim.attempts);
  finish.outcome = std::move(outcome);
  CO_TRY(auto finished, co_await finish_delivery(parts_.database, std::move(finish)));
  if (!finished) co_return Result<void>{};
  auto& counters = parts_.counters;
  (delivered ? counters.delivered : counters.failed_attempts).fetch_add(1, std::memory_order_relaxed);
  if (delivered) co_return co_await note_success(parts_.database, claim.webhook_id);
  if (is_last) counters.given_up.fetch_add(1, std::memory_order_relaxed);
  CO_TRY(auto too_long,
         co_await note_failure(parts_.database, claim.webhook_id, parts_.settings.disable_after));
  if (!too_long) co_return Result<void>{};
  auto disable = std::bind_front(&Dispatcher::disable_in, this, std::move(claim));
  CO_TRY_VOID(co_await parts_.database.transaction<bool>(std::move(disable)));
  co_return Result<void>{};
}

Task<Result<bool>> Dispatcher::disable_in(Claim claim, pg::Transaction& tx) {
  CO_TRY(auto disabled, co_await disable_webhook(tx, claim.team_id, claim.webhook_id, std::string(kGivenUp)));
  if (!disabled) co_return false;
  CO_TRY_VOID(co_await give_up_deliveries(tx, claim.team_id, claim.webhook_id, kGivenUp));
  CO_TRY_VOID(co_await audit::record(tx, disabled_event(claim)));
  co_return true;
}

Task<Result<int>> Dispatcher::prune() {
  CO_TRY(auto lane, co_await parts_.database.slow_lane());
  co_return co_await delete_old_deliveries(*lane, parts_.settings.retention);
}

Task<Result<std::string>> Dispatcher::prometheus_text() {
  CO_TRY(auto pending, co_await count_pending(parts_.database));
  auto out = fmt::format(
      "# TYPE sandbar_webhook_deliveries_pending gauge\nsandbar_webhook_deliveries_pending {}\n", pending);
  auto& counters = parts_.counters;
  out += "# TYPE sandbar_webhook_attempts_total counter\n";
  auto line = [&](std::string_view outcome, std::uint64_t count) {
    out += fmt::format("sandbar_webhook_attempts_total{{outcome=\"{}\"}} {}\n", outcome, count);
  };
  line("delivered", counters.delivered.load(std::memory_order_relaxed));
  line("failed", counters.failed_attempts.load(std::memory_order_relaxed));
  out += fmt::format(
      "# TYPE sandbar_webhook_deliveries_given_up_total counter\n"
      "sandbar_webhook_deliveries_given_up_total {}\n",
      counters.given_up.load(std::memory_order_relaxed));
  co_return out;
}

}  // namespace sandbar::control::webhooks
