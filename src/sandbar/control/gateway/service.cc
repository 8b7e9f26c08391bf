// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/service.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/gateway/credentials.h"
#include "sandbar/control/gateway/store.h"
#include "sandbar/json/decode.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::gateway {
namespace {

using audit::What;

constexpr int kMaxPorts = 100;
constexpr std::chrono::seconds kMaxLink{30 * 24 * 3600};

Error bad_field(const char* field, std::string why) {
  return invalid_request(fmt::format("{} {}", field, why), {{field, why}});
}

Result<void> check_port(int port) {
  if (port < 1 || port > 65535) return fail(bad_field("port", "must be from 1 to 65535"));
  if (port == limits::kGuestPort)
    return fail(bad_field("port", "is the guest's own, which asks for the sandbox's access token"));
  return {};
}

audit::Event event_of(What what, const access::Actor& actor, SandboxId id,
                      boost::json::object metadata = {}) {
  return audit::happened(what, actor.team->id, actor, id.str(), std::move(metadata));
}

Task<Result<Destination>> lock_live(pg::Transaction& tx, const access::Actor& actor, SandboxId id) {
  CO_TRY(auto found, co_await lock_sandbox(tx, actor.team->id, id));
  if (found.status == SandboxState::stopped || found.status == SandboxState::error)
    co_return fail(invalid_state(fmt::format("the sandbox is {}", enum_name(found.status))));
  co_return found;
}

struct PortChange {
  access::Actor actor;
  SandboxId id;
  int port;
  bool is_public;
};

Task<Result<Port>> set_in(pg::Transaction& tx, const PortChange& change) {
  CO_TRY_VOID(co_await lock_live(tx, change.actor, change.id));
  Port wanted{.port = change.port, .is_public = change.is_public};
  CO_TRY(auto stored, co_await put_port(tx, change.id, wanted, change.actor.id, kMaxPorts));
  auto what = change.is_public ? What::sandbox_publish_port : What::sandbox_close_port;
  auto entry = event_of(what, change.actor, change.id, {{"port", change.port}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(entry)));
  co_return stored;
}

Task<Result<void>> reset_in(pg::Transaction& tx, const PortChange& change) {
  CO_TRY_VOID(co_await lock_sandbox(tx, change.actor.team->id, change.id));
  CO_TRY(auto was_there, co_await delete_port(tx, change.id, change.port));
  if (!was_there) co_return Result<void>{};
  auto entry = event_of(What::sandbox_reset_port, change.actor, change.id, {{"port", change.port}});
  co_return co_await audit::record(tx, std::move(entry));
}

struct LinkWish {
  access::Actor actor;
  SandboxId id;
  int port;
  Time expires_at;
};

// Answers with the epoch that the link belongs to.
Task<Result<std::int64_t>> link_in(pg::Transaction& tx, const LinkWish& wish) {
  CO_TRY(auto found, co_await lock_live(tx, wish.actor, wish.id));
  auto entry = event_of(What::sandbox_create_link, wish.actor, wish.id,
                        {{"port", wish.port}, {"expires_at", to_rfc3339(wish.expires_at)}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(entry)));
  co_return found.link_epoch;
}

Task<Result<void>> revoke_in(pg::Transaction& tx, const access::Actor& actor, SandboxId id) {
  CO_TRY_VOID(co_await lock_sandbox(tx, actor.team->id, id));
  CO_TRY_VOID(co_await gateway::revoke_links(tx, actor.team->id, id));
  co_return co_await audit::record(tx, event_of(What::sandbox_revoke_links, actor, id));
}

Task<Result<Destination>> read_in(pg::Transaction& tx, TeamId team, SandboxId id) {
  return lock_sandbox(tx, team, id);
}

}  // namespace

std::string PublicUrl::of(SandboxId sandbox, int number) const {
  auto usual = scheme == "https" ? 443 : 80;
  auto suffix = port == 0 || port == usual ? std::string() : fmt::format(":{}", port);
  return fmt::format("{}://{}-{}.{}{}", scheme, number, sandbox.uuid().hex(), domain, suffix);
}

Task<Result<std::vector<Port>>> GatewayService::list_ports(access::Actor actor, SandboxId id) {
  CO_TRY_VOID(co_await traffic(actor, id));
  co_return co_await gateway::list_ports(database_, actor.team->id, id);
}

Task<Result<Port>> GatewayService::set_port(access::Actor actor, SandboxId id, int port, bool is_public) {
  CO_TRY_VOID(check_port(port));
  PortChange change{std::move(actor), id, port, is_public};
  co_return co_await database_.transaction<Port>([&](pg::Transaction& tx) { return set_in(tx, change); });
}

Task<Result<void>> GatewayService::reset_port(access::Actor actor, SandboxId id, int port) {
  CO_TRY_VOID(check_port(port));
  PortChange change{std::move(actor), id, port, false};
  co_return co_await database_.transaction<void>([&](pg::Transaction& tx) { return reset_in(tx, change); });
}

Task<Result<Link>> GatewayService::create_link(access::Actor actor, SandboxId id, int port,
                                               std::chrono::seconds lifetime) {
  CO_TRY_VOID(check_port(port));
  if (lifetime < std::chrono::seconds(1) || lifetime > kMaxLink)
    co_return fail(bad_field("expires_in_sec", fmt::format("must be from 1 to {}", kMaxLink.count())));
  LinkWish wish{std::move(actor), id, port,
                std::chrono::floor<std::chrono::seconds>(clock_.now()) + lifetime};
  auto body = [&](pg::Transaction& tx) { return link_in(tx, wish); };
  CO_TRY(auto epoch, co_await database_.transaction<std::int64_t>(body));
  auto token = signer_.link_token(id, port, epoch, wish.expires_at);
  co_return Link{fmt::format("{}/?{}={}", url().of(id, port), kLinkParameter, token), wish.expires_at};
}

Task<Result<void>> GatewayService::revoke_links(access::Actor actor, SandboxId id) {
  auto body = [&](pg::Transaction& tx) { return revoke_in(tx, actor, id); };
  co_return co_await database_.transaction<void>(body);
}

Task<Result<Traffic>> GatewayService::traffic(access::Actor actor, SandboxId id) {
  auto body = [&](pg::Transaction& tx) { return read_in(tx, actor.team->id, id); };
  CO_TRY(auto found, co_await database_.transaction<Destination>(body));
  CO_TRY(auto rules, json::decode<sandboxes::TrafficRules>(found.traffic));
  co_return Traffic{std::move(rules), signer_.traffic_token(id, found.link_epoch)};
}

}  // namespace sandbar::control::gateway
