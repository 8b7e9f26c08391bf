// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/enrolment.h"

#include <doctest/doctest.h>

#include "sandbar/async/spawn.h"
#include "sandbar/base/random.h"
#include "sandbar/control/agents/fake_agent_client.h"
#include "sandbar/control/hosts/service.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;
using namespace sandbar::control::hosts;

namespace {

constexpr pg::Statement<1> kInsertUser{"test_insert_user",
                                       "INSERT INTO users (id, email) VALUES ($1, gen_random_uuid()::text)"};
constexpr pg::Statement<0> kAgeTokens{
    "test_age_tokens", "UPDATE host_registration_tokens SET expires_at = now() - interval '1 second'"};
constexpr pg::Statement<0> kAgeRefresh{
    "test_age_refresh", "UPDATE host_refresh_tokens SET expires_at = now() - interval '1 second'"};
constexpr pg::Statement<1> kSetStatus{"test_set_status", "UPDATE hosts SET status = $1"};
constexpr pg::Statement<0> kActions{
    "test_actions",
    "SELECT coalesce(string_agg(action, ',' ORDER BY created_at), '') AS value FROM audit_logs"};
constexpr pg::Statement<0> kTemplates{"test_templates", "SELECT count(*)::text AS value FROM template_hosts"};
constexpr pg::Statement<0> kStored{"test_stored", R"sql(
  SELECT (SELECT string_agg(token_hash, ',') FROM host_registration_tokens) || (SELECT coalesce(string_agg(token_hash, ','), '')
  FROM host_refresh_tokens) AS value)sql"};

struct World {
  World(pg::Database& db, authority::AuthorityPtr ca) : database(db), authority(std::move(ca)) {}

  pg::Database& database;
  authority::AuthorityPtr authority;
  SystemClock clock;
  access::Keys keys = *access::Keys::derive(Secret(std::string(32, 'x')));
  access::Tokens tokens{keys, clock};
  access::RateLimiter limiter{clock};
  std::shared_ptr<agents::FakeAgentClient> agent = std::make_shared<agents::FakeAgentClient>();
  agents::AgentPool agents{[this](const agents::AgentAddress&) { return agent; }};
  HostsService hosts{database, agents};
  EnrolmentService enrolment{{database, authority, tokens, limiter, agents,
                              std::make_shared<agents::Tunnels>(), std::make_shared<agents::Breakers>()}};
  access::Actor platform{.type = access::ActorType::user, .is_platform_admin = true};

  Registration registration(std::string token) {
    auto key = http::make_private_key();
    Registration registration{std::move(token), "10.0.0.7:7443", "amd64",
                              *http::make_signing_request(*key, "agent")};
    registration.cpu_cores = 4;
    return registration;
  }
  Task<std::string> new_token() {
    if (!platform.user) {
      platform.user = UserId::random();
      CHECK(co_await database.query(kInsertUser, *platform.user));
    }
    auto host = co_await hosts.create(platform, {});
    co_return host->registration_token.reveal();
  }
  Task<Credentials> enrolled() {
    auto token = co_await new_token();
    auto credentials = co_await enrolment.enrol(registration(token));
    co_return *credentials;
  }
  Task<std::string> text(const pg::Statement<0>& statement) {
    auto rows = co_await database.query(statement);
    co_return (*rows)[0].get<std::string>("value");
  }
};

Task<std::unique_ptr<World>> make_world(pg::Database& database) {
  auto authority = co_await authority::Authority::open(database, Secret(std::string(32, 'k')));
  co_return std::make_unique<World>(database, *authority);
}

std::string outcome(const auto& result) {
  return result ? "ok" : std::string(info_of(result.error().code).name);
}

Task<void> enrolling(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = co_await world->new_token();
  auto bad = world->registration(token);
  bad.csr = "nonsense";
  CHECK(!co_await world->enrolment.enrol(bad));
  auto credentials = co_await world->enrolment.enrol(world->registration(token));
  REQUIRE(credentials);
  CHECK(credentials->host.last_heartbeat_at);
  CHECK(credentials->host.cert_fingerprint == *http::certificate_fingerprint(*credentials->certificate_pem));
  CHECK(*world->tokens.read_host(credentials->token) == credentials->host.id);
  CHECK(outcome(co_await world->enrolment.enrol(world->registration(token))) == "unauthorized");
  CHECK(outcome(co_await world->enrolment.enrol(world->registration(random_hex(32)))) == "unauthorized");
  auto stored = co_await world->text(kStored);
  CHECK(!stored.contains(token));
  CHECK(!stored.contains(credentials->refresh_token));
}

Task<void> enrol_with(World& world, std::string token, int& ok, int& refused) {
  auto credentials = co_await world.enrolment.enrol(world.registration(token));
  ++(outcome(credentials) == "ok" ? ok : refused);
}

Task<void> parallel(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = co_await world->new_token();
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  int ok = 0, refused = 0;
  for (int i = 0; i < 20; ++i) tasks.spawn("enrol", enrol_with(*world, token, ok, refused));
  co_await tasks.drained();
  CHECK(ok == 1);
  CHECK(refused == 19);
}

Task<void> old_tokens(pg::Database& database) {
  auto world = co_await make_world(database);
  auto first = co_await world->new_token();
  auto hosts = co_await world->hosts.list(world->platform, {});
  auto second = co_await world->hosts.renew_token(world->platform, hosts->items[0].id);
  CHECK(outcome(co_await world->enrolment.enrol(world->registration(first))) == "unauthorized");
  CHECK(co_await database.query(kAgeTokens));
  CHECK(outcome(co_await world->enrolment.enrol(world->registration(second->registration_token.reveal()))) ==
        "unauthorized");
}

Task<void> heartbeats(pg::Database& database) {
  auto world = co_await make_world(database);
  auto credentials = co_await world->enrolled();
  auto id = credentials.host.id;
  Heartbeat beat{.agent_version = "1.0", .hostname = "worker-3", .cpu_cores = 8};
  beat.templates = {*TemplateId::parse("tpl-00000000-0000-4000-8000-000000000001"), TemplateId::random()};
  CHECK(co_await world->enrolment.note_heartbeat(id, beat));
  auto host = co_await world->hosts.get(world->platform, id);
  CHECK(host->agent_version == "1.0");
  CHECK(host->hostname == "worker-3");
  CHECK(co_await world->text(kTemplates) == "1");
  CHECK(co_await database.query(kSetStatus, HostState::unreachable));
  CHECK(co_await world->enrolment.note_heartbeat(id, beat));
  CHECK(co_await world->enrolment.note_heartbeat(id, beat));
  beat.hostname = "<b>worker</b>";
  CHECK(co_await world->enrolment.note_heartbeat(id, beat));
  host = co_await world->hosts.get(world->platform, id);
  CHECK(host->status == HostState::online);
  CHECK(host->hostname == "worker-3");
  CHECK(co_await world->text(kActions) == "create,register,marked_up");
  CHECK(outcome(co_await world->enrolment.note_heartbeat(HostId::random(), beat)) == "not_found");
  CHECK(co_await world->hosts.reset(world->platform, id));
  CHECK(outcome(co_await world->enrolment.note_heartbeat(id, beat)) == "unauthorized");
}

// Control shows that it reaches the agent before the host takes part.
Task<void> reaching(pg::Database& database) {
  auto world = co_await make_world(database);
  auto credentials = co_await world->enrolled();
  auto id = credentials.host.id;
  CHECK(credentials.host.status == HostState::pending);
  world->agent->failures = {Error{Errc::host_unavailable, "not reached"}};
  auto beat = co_await world->enrolment.note_heartbeat(id, {});
  REQUIRE(beat);
  CHECK_FALSE(beat->is_reached);
  CHECK((co_await world->hosts.get(world->platform, id))->status == HostState::pending);
  beat = co_await world->enrolment.note_heartbeat(id, {});
  CHECK(beat->is_reached);
  CHECK((co_await world->hosts.get(world->platform, id))->status == HostState::online);
  CHECK(world->agent->calls.size() == 2);
  CHECK(co_await world->enrolment.note_heartbeat(id, {}));
  CHECK(world->agent->calls.size() == 2);
  CHECK(co_await world->text(kActions) == "create,register");
}

Task<void> drained(pg::Database& database) {
  auto world = co_await make_world(database);
  auto id = (co_await world->enrolled()).host.id;
  CHECK(co_await world->enrolment.note_heartbeat(id, {}));
  CHECK((co_await world->hosts.drain(world->platform, id))->status == HostState::draining);
  CHECK(co_await database.query(kSetStatus, HostState::unreachable));
  CHECK((co_await world->hosts.drain(world->platform, id))->status == HostState::unreachable);
  CHECK(co_await world->enrolment.note_heartbeat(id, {}));
  CHECK((co_await world->hosts.get(world->platform, id))->status == HostState::draining);
  CHECK((co_await world->hosts.undrain(world->platform, id))->status == HostState::online);
}

Task<void> tunnels(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = co_await world->new_token();
  auto registration = world->registration(token);
  registration.address = "tunnel";
  auto host = (co_await world->enrolment.enrol(std::move(registration)))->host;
  CHECK(host.address == "tunnel");
  CHECK(co_await world->enrolment.check_tunnel(host.id));
  CHECK((co_await world->enrolment.note_heartbeat(host.id, {}))->tunnels.empty());
  CHECK(co_await note_replica(database, Uuid::random(), "http://b"));
  auto gone = Uuid::random();
  CHECK(co_await note_replica(database, gone, "http://a"));
  auto beat = co_await world->enrolment.note_heartbeat(host.id, {});
  CHECK(beat->tunnels == std::vector<std::string>{"http://a", "http://b"});
  CHECK(co_await delete_replica(database, gone));
  beat = co_await world->enrolment.note_heartbeat(host.id, {});
  CHECK(beat->tunnels == std::vector<std::string>{"http://b"});
  CHECK(co_await world->hosts.reset(world->platform, host.id));
  CHECK(outcome(co_await world->enrolment.check_tunnel(host.id)) == "unauthorized");
  CHECK(outcome(co_await world->enrolment.check_tunnel(HostId::random())) == "not_found");
  auto direct = (co_await world->enrolled()).host.id;
  CHECK(outcome(co_await world->enrolment.check_tunnel(direct)) == "invalid_state");
}

// An agent shows its old certificate until the answer with the new one has come.
Task<void> certificates(pg::Database& database) {
  auto world = co_await make_world(database);
  auto credentials = co_await world->enrolled();
  auto first = credentials.host.cert_fingerprint;
  auto token = credentials.refresh_token, next = random_hex(32);
  auto csr = *http::make_signing_request(*http::make_private_key(), "agent");
  CHECK(co_await world->enrolment.refresh({token, next, csr}));
  auto again = co_await world->enrolment.refresh({token, next, csr});
  auto newest = *http::certificate_fingerprint(*again->certificate_pem);
  CHECK(again->host.cert_fingerprint.starts_with(newest + ","));
  CHECK(again->host.cert_fingerprint.ends_with("," + first));
}

Task<void> rotation(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = (co_await world->enrolled()).refresh_token;
  for (int i = 0; i < 5; ++i) {
    auto next = random_hex(32);
    auto renewed = co_await world->enrolment.refresh({token, next, std::nullopt});
    REQUIRE(renewed);
    CHECK(renewed->refresh_token == next);
    CHECK(!renewed->certificate_pem);
    token = next;
  }
  auto key = http::make_private_key();
  auto with_csr =
      co_await world->enrolment.refresh({token, random_hex(32), *http::make_signing_request(*key, "x")});
  REQUIRE(with_csr);
  CHECK(with_csr->host.cert_fingerprint.starts_with(
      *http::certificate_fingerprint(*with_csr->certificate_pem) + ","));
  CHECK(outcome(co_await world->enrolment.refresh({random_hex(32), random_hex(32), {}})) == "unauthorized");
  CHECK(outcome(co_await world->enrolment.refresh({with_csr->refresh_token, "short", {}})) ==
        "invalid_request");
  CHECK(co_await database.query(kAgeRefresh));
  CHECK(outcome(co_await world->enrolment.refresh({with_csr->refresh_token, random_hex(32), {}})) ==
        "unauthorized");
}

Task<void> lost_answer(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = (co_await world->enrolled()).refresh_token;
  auto next = random_hex(32);
  CHECK(co_await world->enrolment.refresh({token, next, {}}));
  CHECK(co_await world->enrolment.refresh({token, next, {}}));
  CHECK(co_await world->enrolment.refresh({next, random_hex(32), {}}));
}

Task<void> stolen(pg::Database& database) {
  auto world = co_await make_world(database);
  auto token = (co_await world->enrolled()).refresh_token;
  auto next = random_hex(32);
  CHECK(co_await world->enrolment.refresh({token, next, {}}));
  CHECK(outcome(co_await world->enrolment.refresh({token, random_hex(32), {}})) == "unauthorized");
  CHECK(outcome(co_await world->enrolment.refresh({next, random_hex(32), {}})) == "unauthorized");
  auto actions = co_await world->text(kActions);
  CHECK(actions.contains("refresh_reused"));
}

Task<void> resetting(pg::Database& database) {
  auto world = co_await make_world(database);
  auto credentials = co_await world->enrolled();
  auto id = credentials.host.id;
  CHECK(co_await world->enrolment.note_heartbeat(id, {}));
  CHECK(outcome(co_await world->hosts.renew_token(world->platform, id)) == "invalid_state");
  auto reset = co_await world->hosts.reset(world->platform, id);
  CHECK(reset->host.status == HostState::pending);
  CHECK(outcome(co_await world->enrolment.refresh({credentials.refresh_token, random_hex(32), {}})) ==
        "unauthorized");
  auto again = co_await world->enrolment.enrol(world->registration(reset->registration_token.reveal()));
  REQUIRE(again);
  CHECK(again->host.id == id);
}

}  // namespace

TEST_CASE("HT-1, W7: a one-time token makes a host of an agent, and a failed attempt does not use it up") {
  with_schema(enrolling);
}
TEST_CASE("HT-1: of twenty registrations with one token exactly one succeeds") { with_schema(parallel); }
TEST_CASE("HT-1: a newer token ends the older one, and an hour ends both") { with_schema(old_tokens); }
TEST_CASE(
    "HT-1: a host takes part when control has reached its agent, which each heartbeat tries until then") {
  with_schema(reaching);
}
TEST_CASE("HT-3: heartbeats keep a host online, bring it back once, and tell a deleted one so") {
  with_schema(heartbeats);
}
TEST_CASE("a draining host that was silent comes back draining") { with_schema(drained); }
TEST_CASE("an agent that dials out is told of each process of control that runs") { with_schema(tunnels); }
TEST_CASE(
    "W15: a renewed certificate is accepted beside the one that it follows, even if its answer is lost") {
  with_schema(certificates);
}
TEST_CASE("HT-4: refresh tokens rotate, and expired or unknown ones are unauthorized") {
  with_schema(rotation);
}
TEST_CASE("HT-4: when the answer to a refresh is lost the same question gets a good answer") {
  with_schema(lost_answer);
}
TEST_CASE("HT-4, W6: a refresh token that is used again with another successor ends its family") {
  with_schema(stolen);
}
TEST_CASE("HT-9: a reset host registers again under its old id") { with_schema(resetting); }
