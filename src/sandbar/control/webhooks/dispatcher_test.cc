// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/dispatcher.h"

#include <doctest/doctest.h>

#include "sandbar/async/together.h"
#include "sandbar/control/schema/test_schema.h"
#include "sandbar/control/webhooks/service.h"
#include "sandbar/http/server.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::webhooks;
using namespace std::chrono_literals;

namespace {

constexpr pg::Statement<1> kInsertTeam{
    "test.team", "INSERT INTO teams (id, name, slug) VALUES ($1, 'Test', 'abcdef-123456')"};
constexpr pg::Statement<3> kInsertLog{
    "test.log",
    "INSERT INTO audit_logs (id, team_id, actor_type, resource_type, resource_id, action) "
    "SELECT gen_random_uuid(), $1, 'system', 'sandbox', 'sb-' || n, $2 FROM generate_series(1, $3::int) n"};
constexpr pg::Statement<1> kSeal{
    "test.seal",
    "INSERT INTO audit_chain (team_id, seq, log_id, hash) SELECT $1::uuid, row_number() OVER (ORDER BY "
    "created_at) + "
    "(SELECT COALESCE(max(seq), 0) FROM audit_chain WHERE team_id = $1::uuid), id, "
    "encode(sha256(id::text::bytea), 'hex') FROM audit_logs l WHERE team_id = $1::uuid AND "
    "NOT EXISTS (SELECT FROM "
    "audit_chain c WHERE c.log_id = l.id)"};
constexpr pg::Statement<0> kCounts{"test.counts",
                                   "SELECT COALESCE(string_agg(n, ' ' ORDER BY n), '') AS value FROM (SELECT "
                                   "format('%s:%s', status, count(*)) AS n "
                                   "FROM webhook_deliveries GROUP BY status) s"};
constexpr pg::Statement<0> kMakeDue{
    "test.due", "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending'"};
constexpr pg::Statement<0> kFailLong{"test.long",
                                     "UPDATE webhooks SET failing_since = now() - interval '1 hour'"};
constexpr pg::Statement<0> kAudit{"test.audit",
                                  "SELECT string_agg(action, ' ' ORDER BY created_at) AS value FROM "
                                  "audit_logs WHERE resource_type = 'webhook'"};

struct Receiver {
  int status = 200;
  std::vector<std::string> events;
};

Task<void> receive(Receiver& receiver, http::Exchange& exchange) {
  receiver.events.emplace_back(exchange.request().headers.get("Sandbar-Event"));
  auto answered = co_await exchange.respond({receiver.status, {}, ""});
  CHECK(answered);
}

struct World {
  World(pg::Database& db, Executor executor)
      : database(db),
        tasks(executor),
        server(http::make_server(executor, [this](http::Exchange& e) { return receive(receiver, e); })) {
    REQUIRE(server->listen("127.0.0.1:0", false));
  }

  pg::Database& database;
  Supervisor tasks;
  Receiver receiver;
  http::ServerPtr server;
  SystemClock clock;
  Secret key{std::string(32, 'k')};
  Settings settings{
      .allow_cidrs = {"127.0.0.1"}, .allow_http = true, .timeout = 5s, .attempts = 2, .disable_after = 1min};
  static Task<Result<std::vector<std::string>>> resolve(std::string host) { co_return std::vector{host}; }
  Courier courier{
      {*EgressPolicy::create(settings.allow_cidrs), nullptr, settings.timeout, true, &World::resolve}};
  Counters counters;
  WebhookService service{{database, clock, key, courier, settings}};
  Dispatcher dispatcher{{database, clock, key, courier, tasks, counters, settings}};
  access::Actor actor{
      .type = access::ActorType::user, .id = "usr-1", .name = "Ada", .role = access::TeamRole::owner};

  Task<Webhook> start(std::vector<std::string> events) {
    actor.team = access::Team{TeamId::random(), "Test", "slug"};
    auto made = co_await database.query(kInsertTeam, actor.team->id);
    REQUIRE(made);
    NewWebhook wanted{fmt::format("http://127.0.0.1:{}/", server->port()), "", std::move(events)};
    auto webhook = co_await service.create(actor, std::move(wanted));
    REQUIRE(webhook);
    co_return webhook->row;
  }
  Task<void> happen(std::string action, int count = 1) {
    auto logged = co_await database.query(kInsertLog, actor.team->id, action, count);
    REQUIRE(logged);
    auto sealed = co_await database.query(kSeal, actor.team->id);
    REQUIRE_MESSAGE(sealed, sealed.error().detail);
  }
  Task<void> attempt_all() {
    auto due = co_await database.query(kMakeDue);
    CHECK(due);
    auto started = co_await dispatcher.attempt_due();
    CHECK(started);
    co_await tasks.drained();
  }
  Task<std::string> text(pg::Statement<0> statement) {
    auto rows = co_await database.query(statement);
    co_return (*rows)[0].get<std::string>("value");
  }
};

Task<void> fan_once(Dispatcher& dispatcher, int& made) {
  auto count = co_await dispatcher.fan_out();
  REQUIRE(count);
  made += *count;
}

Task<void> with_world(pg::Database& database, Task<void> (*test)(World&)) {
  World world(database, co_await boost::asio::this_coro::executor);
  co_await test(world);
  co_await world.tasks.shut_down();
  co_await world.server->shut_down(0ms);
}
void run(Task<void> (*test)(World&)) {
  with_schema([test](pg::Database& database) { return with_world(database, test); });
}

Task<void> fanned_out_once(World& world) {
  co_await world.start({"sandbox.*"});
  co_await world.happen("create", 700);
  Dispatcher other(
      {world.database, world.clock, world.key, world.courier, world.tasks, world.counters, world.settings});
  int made = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<Task<void>> both;
    both.push_back(fan_once(world.dispatcher, made));
    both.push_back(fan_once(other, made));
    co_await run_together("fan out", std::move(both));
  }
  CHECK(made == 700);
  CHECK(co_await world.text(kCounts) == "pending:700");
}

Task<void> chosen(World& world) {
  auto webhook = co_await world.start({"sandbox.pause", "team.*"});
  co_await world.happen("create");
  co_await world.happen("pause");
  CHECK(*co_await world.dispatcher.fan_out() == 1);
  co_await world.attempt_all();
  CHECK(world.receiver.events == std::vector<std::string>{"sandbox.pause"});
  CHECK(world.counters.delivered == 1);
  CHECK(co_await world.service.change(world.actor, webhook.id, {.enabled = false}));
  co_await world.happen("pause");
  CHECK(*co_await world.dispatcher.fan_out() == 0);
  CHECK(co_await world.service.change(world.actor, webhook.id, {.enabled = true}));
  CHECK(*co_await world.dispatcher.fan_out() == 0);
  co_await world.happen("pause");
  CHECK(*co_await world.dispatcher.fan_out() == 1);
}

Task<void> given_up(World& world) {
  auto webhook = co_await world.start({"*"});
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  world.receiver.status = 503;
  co_await world.attempt_all();
  CHECK(co_await world.text(kCounts) == "pending:1");
  co_await world.attempt_all();
  CHECK(co_await world.text(kCounts) == "failed:1");
  CHECK(world.counters.given_up == 1);
  auto page = co_await world.service.list_deliveries({webhook.team_id, webhook.id, {}, {}, 10});
  REQUIRE(page);
  auto again = co_await world.service.replay(webhook.team_id, webhook.id, page->items[0].id);
  REQUIRE(again);
  CHECK(again->replay_of == page->items[0].id);
  world.receiver.status = 204;
  co_await world.attempt_all();
  CHECK(co_await world.text(kCounts) == "delivered:1 failed:1");
}

Task<void> disabled(World& world) {
  auto webhook = co_await world.start({"*"});
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  world.receiver.status = 500;
  co_await world.attempt_all();
  auto failing = co_await world.service.get(webhook.team_id, webhook.id);
  CHECK(failing->failing_since);
  CHECK(failing->enabled);
  CHECK(co_await world.database.query(kFailLong));
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  co_await world.attempt_all();
  failing = co_await world.service.get(webhook.team_id, webhook.id);
  CHECK(!failing->enabled);
  CHECK(!failing->disabled_reason.empty());
  CHECK(co_await world.text(kAudit) == "create disable");
  CHECK(co_await world.text(kCounts) == "failed:2");
}

// A claim whose holder dies is taken over; what the dead one says late does not count.
Task<void> taken_over(World& world) {
  auto webhook = co_await world.start({"*"});
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  auto lost = co_await claim_deliveries(world.database, {}, 0ms, 10);
  REQUIRE(lost->size() == 1);
  auto again = co_await claim_deliveries(world.database, {}, 1h, 10);
  REQUIRE(again->size() == 1);
  CHECK((*again)[0].id == (*lost)[0].id);
  auto third = co_await claim_deliveries(world.database, {}, 1h, 10);
  CHECK(third->empty());
  Finish late{.id = (*lost)[0].id, .attempts = (*lost)[0].attempts, .status = DeliveryStatus::failed};
  CHECK(!*co_await finish_delivery(world.database, late));
  Finish right{.id = (*again)[0].id, .attempts = (*again)[0].attempts, .status = DeliveryStatus::delivered};
  CHECK(*co_await finish_delivery(world.database, right));
}

Task<void> secrets(World& world) {
  auto webhook = co_await world.start({"*"});
  auto rotated = co_await world.service.rotate_secret(world.actor, webhook.id, 1h);
  REQUIRE(rotated);
  CHECK(rotated->secret.reveal().starts_with("whsec_"));
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  auto claims = co_await claim_deliveries(world.database, {}, 1h, 10);
  REQUIRE((*claims)[0].old_secret);
  CHECK((*claims)[0].secret.find(rotated->secret.reveal()) == std::string::npos);
  CHECK(co_await world.service.rotate_secret(world.actor, webhook.id, 0s));
  CHECK(co_await world.service.ping(webhook.team_id, webhook.id));
  claims = co_await claim_deliveries(world.database, {}, 1h, 10);
  CHECK(!(*claims)[0].old_secret);
  auto odd = co_await world.service.rotate_secret(world.actor, webhook.id, 8 * 24h);
  CHECK(odd.error().code == Errc::invalid_request);
}

}  // namespace

TEST_CASE("C16: each sealed event becomes one delivery, however many fan out at a time") {
  run(fanned_out_once);
}
TEST_CASE("a webhook hears of the events it asked for, while it is enabled") { run(chosen); }
TEST_CASE("a delivery is tried again, given up, and can be replayed") { run(given_up); }
TEST_CASE("a webhook that fails for too long is disabled, which is audited") { run(disabled); }
TEST_CASE("a claim whose holder died is taken over, and the dead one's word does not count") {
  run(taken_over);
}
TEST_CASE("a replaced secret signs for as long as was asked for") { run(secrets); }

TEST_CASE("patterns of events") {
  for (const auto* good : {"*", "sandbox.*", "sandbox.create", "api_key.revoke"}) CHECK(is_pattern(good));
  for (const auto* odd :
       {"", "sandbox", "*.create", "sandbox.", ".create", "sandbox.**", "Sandbox.create", "a.b.c"})
    CHECK(!is_pattern(odd));
  CHECK(matches({"sandbox.*"}, "sandbox.create"));
  CHECK(!matches({"sandbox.*"}, "sandboxes.create"));
  CHECK(matches({"team.rename", "*"}, "x.y"));
  CHECK(!matches({"sandbox.create"}, "sandbox.created"));
}
