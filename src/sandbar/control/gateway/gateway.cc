// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/gateway.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/agents/agent_pool.h"
#include "sandbar/control/gateway/forwarded.h"
#include "sandbar/control/gateway/store.h"
#include "sandbar/http/forward.h"
#include "sandbar/http/proxy_parts.h"
#include "sandbar/json/decode.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::gateway {

using namespace std::chrono_literals;
using enum SandboxState;

struct Gateway::Trip {
  http::Exchange& exchange;
  http::RequestHead head;  // without what let it in
  Address address;
  Credentials credentials;
  http::Forwarding forwarding;
  bool secure = false;
  bool fresh = false;         // what is remembered has proved wrong
  bool looked_again = false;  // after the agent denied that the sandbox runs
  std::chrono::steady_clock::time_point give_up;
  std::string refusal = {};  // what the agent said instead of an answer
  int limit = 0;

  std::pair<SandboxId, int> key() const { return {*address.id, address.port}; }
};

namespace {

constexpr std::size_t kMaxDestinations = 20'000, kMaxActors = 10'000;
constexpr std::chrono::milliseconds kBodyIdle = 10min, kPoll = 100ms;
constexpr std::string_view kRefusal = "Sandbar-Refusal", kLimit = "Sandbar-Limit";
constexpr std::string_view kSecured = "Sandbox is secured with traffic access token. ";

Refusal not_found_refusal() { return {.status = 502, .message = "The sandbox was not found"}; }
Refusal unreachable_refusal() {
  return {.status = 503, .message = "The sandbox's host cannot be reached right now"};
}
Refusal transition_refusal() {
  return {.status = 409, .message = "The sandbox is still transitioning. Try again in a moment."};
}

sandboxes::TrafficRules rules_of(const Destination& destination) {
  return json::decode<sandboxes::TrafficRules>(destination.traffic).value_or(sandboxes::TrafficRules{});
}

bool is_on_its_way(SandboxState state) {
  return state == pending || state == starting || state == pausing || state == resuming;
}

// An actor of the sandbox's team for those who come without an account.
access::Actor stranger(TeamId team) {
  access::Actor actor;
  actor.team = access::Team{team, {}, {}};
  return actor;
}

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

Gateway::Gateway(Executor executor, Parts parts, GatewayOptions options)
    : executor_(std::move(executor)),
      parts_(parts),
      options_(std::move(options)),
      signer_(parts.keys),
      resumes_(parts.sandboxes, parts.tasks),
      destinations_(options_.cache, kMaxDestinations),
      actors_(options_.cache, kMaxActors) {}

Task<void> Gateway::serve(http::Exchange& exchange) {
  const auto& request = exchange.request();
  auto address = address_of(request, options_.domain);
  if (!address) {
    Refusal refusal{.status = 400, .message = address.error().message, .is_plain = true};
    (void)co_await exchange.respond(response_of(refusal, request));
    co_return;
  }
  auto* proxy = http::proxy_part(exchange);
  if (proxy) proxy->set_body_idle(kBodyIdle);
  Trip trip{.exchange = exchange,
            .head = {request.method, request.target, http::end_to_end(request.headers)},
            .address = *std::move(address),
            .credentials = {},
            .forwarding = {exchange,
                           [&trip](http::ResponseHead& head) {
                             trip.refusal = head.headers.get(kRefusal);
                             trip.limit = static_cast<int>(parse_int(head.headers.get(kLimit)).value_or(0));
                             return trip.refusal.empty();
                           }},
            .secure = proxy && proxy->is_secure(),
            .give_up = std::chrono::steady_clock::now() + options_.resume_limit};
  if (!trip.address.id) co_return co_await refuse(trip, not_found_refusal());
  if (request.method == "CONNECT" || request.method == "TRACE")
    co_return co_await refuse(trip, {.status = 405, .message = "This method is not passed on"});
  auto guest_token = access::guest_access_token(parts_.keys, *trip.address.id);
  trip.credentials = take_credentials(trip.head, trip.address, parts_.tokens, guest_token.reveal());
  co_await travel(trip);
}

Task<void> Gateway::travel(Trip& trip) {
  auto began = std::chrono::steady_clock::now();
  while (co_await attempt(trip) == Next::again) trip.fresh = true;
  auto level = options_.logs_requests ? log::Level::info : log::Level::debug;
  if (level < log::level()) co_return;
  auto took = std::chrono::steady_clock::now() - began;
  log::write(level, "traffic",
             {{"method", trip.head.method},
              {"sandbox", *trip.address.id},
              {"port", static_cast<int>(trip.address.port)},
              {"status", trip.exchange.status()},
              {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

Task<Gateway::Next> Gateway::attempt(Trip& trip) {
  auto found = co_await look_up(trip);
  if (!found) {
    log::warn("destination not found out", {{"sandbox", *trip.address.id}, {"error", found.error()}});
    co_await refuse(trip, {.status = 503, .message = "The sandbox cannot be looked up right now"});
    co_return Next::done;
  }
  if (!*found) {
    co_await refuse(trip, not_found_refusal());
    co_return Next::done;
  }
  const auto& destination = **found;
  auto entry = co_await admit(trip, destination);
  if (!entry) co_return Next::done;
  if (entry->by_new_link && is_safe(trip.head.method) && wants_page(trip.exchange.request()))
    co_return co_await greet(trip);
  if (destination.status == running) co_return co_await forward(trip, destination);
  co_return co_await wait_for(trip, destination, *entry);
}

Task<Result<std::optional<Destination>>> Gateway::look_up(const Trip& trip) {
  auto key = trip.key();
  if (!trip.fresh)
    if (auto known = destinations_.find(key)) co_return known;
  CO_TRY(auto found, co_await find_destination_any_team(parts_.database, key.first, key.second));
  if (found && found->status == running) {
    destinations_.put(key, *found);
  } else {
    destinations_.forget(key);
  }
  co_return found;
}

// Nothing: it has been refused.
Task<std::optional<Gateway::Entry>> Gateway::admit(Trip& trip, const Destination& destination) {
  const auto& credentials = trip.credentials;
  auto port = trip.address.port;
  auto id = *trip.address.id;
  bool is_open = destination.is_public.value_or(rules_of(destination).public_);
  // The guest program asks for its own token, which it shares with nobody.
  if (port == limits::kGuestPort || is_open) co_return Entry{stranger(destination.team_id)};
  for (const auto* link : {&credentials.link, &credentials.link_cookie})
    if (*link && signer_.accepts_link(**link, id, port, destination.link_epoch, parts_.clock.now()))
      co_return Entry{stranger(destination.team_id), link == &credentials.link};
  if (credentials.traffic_token &&
      access::equal_secrets(*credentials.traffic_token, signer_.traffic_token(id, destination.link_epoch)))
    co_return Entry{stranger(destination.team_id)};
  if (credentials.api_key || credentials.user_token) co_return co_await admit_account(trip, destination);
  Refusal refusal{.status = 403};
  if (credentials.traffic_token) {
    refusal.message =
        fmt::format("{}Provided token in header 'e2b-traffic-access-token' is invalid", kSecured);
  } else if (credentials.any()) {
    refusal.message = "This link is not valid, or not any more";
  } else {
    refusal.message = fmt::format("{}Token header 'e2b-traffic-access-token' is missing", kSecured);
  }
  co_await refuse(trip, std::move(refusal));
  co_return std::nullopt;
}

// Another team's sandbox does not exist.
Task<std::optional<Gateway::Entry>> Gateway::admit_account(Trip& trip, const Destination& destination) {
  auto actor = co_await actor_of(trip.credentials);
  if (!actor) {
    int status = info_of(actor.error().code).http_status;
    co_await refuse(trip, {.status = status, .message = actor.error().message});
    co_return std::nullopt;
  }
  if (!actor->team || actor->team->id != destination.team_id) {
    co_await refuse(trip, not_found_refusal());
    co_return std::nullopt;
  }
  if (actor->api_key && !actor->has_scope(access::KeyScope::sandboxes)) {
    co_await refuse(trip, {.status = 403, .message = "this API key lacks the scope sandboxes"});
    co_return std::nullopt;
  }
  co_return Entry{*std::move(actor)};
}

Task<Result<access::Actor>> Gateway::actor_of(const Credentials& credentials) {
  auto secret = credentials.api_key ? *credentials.api_key : *credentials.user_token;
  auto key = access::stored_form(secret);
  if (auto known = actors_.find(key)) co_return *std::move(known);
  auto asked = credentials.api_key ? parts_.access.key_of(secret) : parts_.access.user_of(secret);
  CO_TRY(auto actor, co_await std::move(asked));
  actors_.put(key, actor);
  co_return actor;
}

// The first visit of a person with a link: the link moves from the address into a cookie of this host name.
Task<Gateway::Next> Gateway::greet(Trip& trip) {
  auto until = expiry_of_link(*trip.credentials.link).value_or(parts_.clock.now());
  auto left = std::chrono::floor<std::chrono::seconds>(until - parts_.clock.now()).count();
  auto location = fmt::format("{}://{}{}", trip.secure ? "https" : "http",
                              trip.exchange.request().headers.get("Host"), trip.head.target);
  auto cookie = fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", cookie_name(trip.secure),
                            *trip.credentials.link, left, trip.secure ? "; Secure" : "");
  http::Headers headers{{"Location", std::move(location)},
                        {"Set-Cookie", std::move(cookie)},
                        {"Cache-Control", "no-store"},
                        {"Referrer-Policy", "no-referrer"}};
  (void)co_await trip.exchange.respond({303, std::move(headers), {}});
  co_return Next::done;
}

Task<Gateway::Next> Gateway::wait_for(Trip& trip, const Destination& destination, const Entry& entry) {
  if (is_on_its_way(destination.status)) {
    if (std::chrono::steady_clock::now() < trip.give_up) {
      co_await sleep_for(kPoll);
      co_return Next::again;
    }
    co_await refuse(trip, transition_refusal());
  } else if (destination.status == paused && rules_of(destination).auto_resume) {
    co_return co_await wake(trip, entry);
  } else if (destination.status == missing) {
    co_await refuse(trip, unreachable_refusal());
  } else {
    co_await refuse(trip, not_found_refusal());
  }
  co_return Next::done;
}

Task<Gateway::Next> Gateway::wake(Trip& trip, const Entry& entry) {
  if (trip.address.port == limits::kGuestPort && !trip.credentials.guest_token) {
    co_await refuse(trip,
                    {.status = 403,
                     .message = "This sandbox can't be resumed with the credentials provided. Check your "
                                "access token and try again."});
    co_return Next::done;
  }
  auto left = std::chrono::ceil<std::chrono::milliseconds>(trip.give_up - std::chrono::steady_clock::now());
  auto resumed = co_await resumes_.resume(entry.actor, *trip.address.id, left);
  if (resumed) co_return Next::again;
  auto code = resumed.error().code;
  if (code == Errc::invalid_state && std::chrono::steady_clock::now() < trip.give_up) {
    co_await sleep_for(kPoll);
    co_return Next::again;
  }
  if (code == Errc::quota_exceeded || code == Errc::rate_limited) {
    co_await refuse(trip, {.status = 429, .message = "Sandbox limit reached"});
  } else if (code == Errc::deadline_exceeded || code == Errc::invalid_state) {
    co_await refuse(trip, transition_refusal());
  } else {
    co_await refuse(trip, unreachable_refusal());
  }
  co_return Next::done;
}

http::RequestHead Gateway::outgoing_head(const Trip& trip, const Destination& destination) const {
  auto head = trip.head;
  head.target = agents::data_plane_path(*trip.address.id, trip.address.port);
  if (!trip.head.target.starts_with('/')) head.target += '/';
  head.target += trip.head.target;
  add_forwarded(head.headers, {trip.exchange.peer_address(), trip.secure, options_.trust_forwarded});
  auto mask = rules_of(destination).mask_host;
  if (mask && trip.address.port != limits::kGuestPort)
    head.headers.set("Host", host_of_mask(*std::move(mask), trip.address.port));
  return head;
}

// Requests take their time, so these connections have no limits but those of the transport.
std::shared_ptr<http::Client> Gateway::client_of(HostId host, agents::AgentClientPtr agent) {
  auto& door = doors_[host];
  if (door.agent != agent) {
    http::ClientLimits limits{.connect = 5s, .head = 0ms, .idle = 0ms, .max_idle_connections = 256};
    door = {agent, http::make_client(executor_, agent->data_plane_endpoint(), limits)};
  }
  return door.client;
}

Task<Gateway::Next> Gateway::forward(Trip& trip, const Destination& destination) {
  agents::AgentAddress agent_address{destination.host_id.value_or(HostId()),
                                     destination.host_address.value_or(""),
                                     destination.host_fingerprint.value_or("")};
  auto agent = parts_.agents.client_of(agent_address);
  if (!agent) {
    co_await refuse(trip, unreachable_refusal());
    co_return Next::done;
  }
  auto client = client_of(agent_address.host_id, *agent);
  switch (co_await trip.forwarding.run(*client, outgoing_head(trip, destination))) {
    case http::Forwarded::whole:
      if (!co_await trip.forwarding.finish()) trip.exchange.abort();
      co_return Next::done;
    case http::Forwarded::upgraded:
      co_return Next::done;
    case http::Forwarded::refused:
      co_return co_await judge_refusal(trip, destination);
    case http::Forwarded::unreachable:
      if (!trip.fresh && is_safe(trip.head.method) && trip.forwarding.may_run_again()) co_return Next::again;
      log::info("traffic met a silent host",
                {{"sandbox", *trip.address.id}, {"error", trip.forwarding.failure()}});
      co_await refuse(trip, unreachable_refusal());
      co_return Next::done;
    case http::Forwarded::broken:
      break;
  }
  trip.exchange.abort();
  co_return Next::done;
}

// The agent's word about a sandbox is newer than ours.
Task<Gateway::Next> Gateway::judge_refusal(Trip& trip, const Destination& destination) {
  const auto& reason = trip.refusal;
  auto port = static_cast<int>(trip.address.port);
  if (reason == "not_running") co_return co_await look_again(trip, destination);
  if (reason == "control_route") {
    co_await refuse(trip, {.status = 404,
                           .message = "This endpoint is reserved for the control plane",
                           .path = std::string(trip.head.path())});
  } else if (reason == "too_many") {
    co_await refuse(
        trip,
        {.status = 429, .message = "Too many connections to this sandbox", .connection_limit = trip.limit});
  } else if (reason == "port_closed") {
    co_await refuse(trip,
                    {.status = 502, .message = "The sandbox is running but port is not open", .port = port});
  } else {
    co_await refuse(trip, {.status = 502, .message = "The service in the sandbox gave no proper answer"});
  }
  co_return Next::done;
}

// A sandbox that was paused a moment ago: the row follows soon, and then it can be resumed.
Task<Gateway::Next> Gateway::look_again(Trip& trip, const Destination& destination) {
  destinations_.forget(trip.key());
  bool waits = rules_of(destination).auto_resume;
  bool in_time = std::chrono::steady_clock::now() < trip.give_up && trip.forwarding.may_run_again();
  if (in_time && !trip.looked_again) {
    trip.looked_again = true;
    co_return Next::again;
  }
  if (in_time && waits) {
    co_await sleep_for(kPoll);
    co_return Next::again;
  }
  co_await refuse(trip, not_found_refusal());
  co_return Next::done;
}

Task<void> Gateway::refuse(Trip& trip, Refusal refusal) {
  if (refusal.status != 404)
    refusal.sandbox = trip.address.id ? trip.address.id->uuid().hex() : trip.address.name;
  (void)co_await trip.exchange.respond(response_of(refusal, trip.exchange.request()));
}

}  // namespace sandbar::control::gateway
