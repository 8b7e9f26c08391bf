// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/idempotency/service.h"

#include <doctest/doctest.h>

#include "sandbar/control/access/call.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/http/test_exchange.h"

using namespace sandbar;
using namespace sandbar::control;
using idempotency::IdempotencyService;

namespace {

const Secret kSealingKey(std::string(32, 'k'));
constexpr pg::Statement<0> kKept{"test.kept_answers",
                                 "SELECT body FROM idempotency_keys WHERE status IS NOT NULL"};

struct Request {
  http::test::FakeExchange exchange;
  std::unique_ptr<access::Call> call;

  Request(std::string who, std::string body) {
    exchange.head = {"POST", "/v1/sandboxes", {}};
    access::Actor actor{
        .type = access::ActorType::api_key, .id = std::move(who), .team = access::Team{TeamId(), "", ""}};
    call = std::make_unique<access::Call>(http::CallParts{.exchange = &exchange}, std::move(actor));
    call->body = std::move(body);
  }
};

Task<void> test_replay(pg::Database& db) {
  IdempotencyService service(db, kSealingKey);
  Request first("key-a", "{}"), other("key-a", R"({"vcpus":2})"), stranger("key-b", "{}");
  auto fresh = co_await service.begin(*first.call, "k");
  REQUIRE(fresh);
  CHECK(!fresh->has_value());
  auto meanwhile = co_await service.begin(*first.call, "k");
  CHECK(meanwhile.error().code == Errc::conflict);
  http::Answer answer{201, "application/json", R"({"id":"sb-1"})"};
  co_await service.end(*first.call, "k", &answer);
  auto again = co_await service.begin(*first.call, "k");
  REQUIRE(again);
  REQUIRE(again->has_value());
  CHECK((*again)->status == 201);
  CHECK((*again)->body == answer.body);
  auto stored = co_await db.query(kKept);
  REQUIRE(stored);
  CHECK(!(*stored)[0].get<std::string>("body").contains("sb-1"));
  auto mistake = co_await service.begin(*other.call, "k");
  CHECK(mistake.error().code == Errc::invalid_request);
  auto theirs = co_await service.begin(*stranger.call, "k");
  REQUIRE(theirs);
  CHECK(!theirs->has_value());
}

Task<void> test_failure(pg::Database& db) {
  IdempotencyService service(db, kSealingKey);
  Request request("key-a", "{}");
  auto first = co_await service.begin(*request.call, "k");
  REQUIRE(first);
  co_await service.end(*request.call, "k", nullptr);
  auto second = co_await service.begin(*request.call, "k");
  REQUIRE(second);
  CHECK(!second->has_value());
}

}  // namespace

TEST_CASE("a repeated request gets the first one's answer, and nobody else's") { with_schema(test_replay); }
TEST_CASE("a failed request frees its key") { with_schema(test_failure); }
