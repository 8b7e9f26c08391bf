// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/idempotency/service.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/access/sealing.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/idempotency/store.sql.h"
#include "sandbar/log/log.h"

namespace sandbar::control::idempotency {
namespace {

struct Kept {
  std::string request_hash;
  std::optional<int> status;
  std::string content_type, body;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (request_hash, status, content_type, body))

std::string owner_of(const http::Call& call) {
  const auto& actor = static_cast<const access::Call&>(call).actor();
  return actor.team ? actor.label() + " " + actor.team->id.str() : actor.label();
}

std::string hash_of(const http::Call& call) {
  const auto& request = call.request();
  return access::stored_form(fmt::format("{}\n{}\n{}", request.method, request.target, call.body));
}

}  // namespace

Task<Result<std::optional<http::Answer>>> IdempotencyService::begin(http::Call& call, std::string key) {
  auto owner = owner_of(call), hash = hash_of(call);
  if (owner.empty()) co_return std::nullopt;  // a stranger has no keys
  CO_TRY(auto claimed, co_await database_.query(sql::claim_key, owner, key, hash));
  if (claimed.affected() > 0) co_return std::nullopt;
  CO_TRY(auto rows, co_await database_.query(sql::find_key, owner, key));
  auto kept = rows.maybe<Kept>();
  if (kept && kept->request_hash != hash)
    co_return fail(invalid_request("this Idempotency-Key came with another request"));
  if (kept && kept->status) {
    auto body = access::unseal(kept->body, sealing_key_);
    if (!body) co_return fail(internal_error("a kept answer cannot be read"));
    co_return http::Answer{*kept->status, kept->content_type, std::string(body->reveal())};
  }
  CO_TRY(auto reclaimed, co_await database_.query(sql::reclaim_key, owner, key));
  if (reclaimed.affected() > 0) co_return std::nullopt;
  co_return fail(Error{Errc::conflict, "a request with this Idempotency-Key is still running"});
}

Task<void> IdempotencyService::end(http::Call& call, std::string key, const http::Answer* answer) {
  auto owner = owner_of(call);
  if (owner.empty()) co_return;
  auto done = answer ? co_await database_.query(sql::keep_answer, answer->status, answer->content_type,
                                                access::seal(Secret(answer->body), sealing_key_), owner, key)
                     : co_await database_.query(sql::forget_key, owner, key);
  if (!done) log::warn("idempotency key not settled", {{"error", done.error()}});
}

}  // namespace sandbar::control::idempotency
