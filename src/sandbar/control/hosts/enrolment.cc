// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/enrolment.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/base/failpoint.h"
#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/hosts/events.h"
#include "sandbar/log/log.h"
#include "sandbar/model/tunnel.h"

namespace sandbar::control::hosts {
namespace {

constexpr std::size_t kMaxShortText = 64, kMaxTemplates = 10'000, kMaxCsr = 16 * 1024;

Error unauthorized() { return {Errc::unauthorized, "the token is not valid, or not any more"}; }

bool is_token(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// What a machine calls itself is for people to read; some call themselves strangely.
bool is_hostname(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return text.size() <= kMaxShortText && std::ranges::all_of(text, fits);
}

Result<void> check_facts(int cpu_cores, int memory_mb, int disk_gb, const std::string& text) {
  std::vector<Problem> problems;
  if (cpu_cores < 0) problems.push_back({"cpu_cores", "must not be negative"});
  if (memory_mb < 0) problems.push_back({"memory_mb", "must not be negative"});
  if (disk_gb < 0) problems.push_back({"disk_gb", "must not be negative"});
  if (text.size() > kMaxShortText) problems.push_back({"arch", "is too long"});
  if (problems.empty()) return {};
  return fail(invalid_request(problems.front().field + " " + problems.front().what, std::move(problems)));
}

}  // namespace

Task<Result<Credentials>> EnrolmentService::enrol(Registration registration) {
  CO_TRY_VOID(
      check_facts(registration.cpu_cores, registration.memory_mb, registration.disk_gb, registration.arch));
  CO_TRY_VOID(check_address(registration.address, HostType::regular, {}));
  if (registration.csr.size() > kMaxCsr)
    co_return fail(invalid_request("csr is too long", {{"csr", "is too long"}}));
  auto enrol = std::bind_front(&EnrolmentService::enrol_in, this, std::move(registration));
  co_return co_await parts_.database.transaction<Credentials>(std::move(enrol));
}

Task<Result<Credentials>> EnrolmentService::enrol_in(Registration registration, pg::Transaction& tx) {
  CO_TRY(auto used, co_await use_registration_token(tx, access::stored_form(registration.token)));
  if (!used) co_return fail(unauthorized());
  CO_TRY_VOID(check_address(registration.address, used->type, rules_.byoc_networks));
  CO_TRY(auto certificate,
         parts_.authority->sign_agent(used->host_id, registration.csr, rules_.lifetimes.certificate));
  CO_TRY(auto host, co_await set_registered_any_team(tx, used->host_id, registration, certificate));
  if (!host) co_return fail(unauthorized());
  auto refresh_token = random_hex(32);
  NewRefreshToken first{host->id, Uuid::random(), access::stored_form(refresh_token), std::nullopt,
                        rules_.lifetimes.refresh_token};
  CO_TRY_VOID(co_await insert_refresh_token(tx, std::move(first)));
  CO_TRY_VOID(
      co_await audit::record(tx, host_event(audit::What::host_register, access::system_actor(), *host)));
  auto token = parts_.tokens.issue(host->id, rules_.lifetimes.token);
  co_return Credentials{*std::move(host), std::move(token), std::move(refresh_token),
                        std::move(certificate.pem)};
}

Task<Result<BeatAnswer>> EnrolmentService::note_heartbeat(HostId id, Heartbeat heartbeat) {
  CO_TRY_VOID(
      check_facts(heartbeat.cpu_cores, heartbeat.memory_mb, heartbeat.disk_gb, heartbeat.agent_version));
  if (!is_hostname(heartbeat.hostname)) heartbeat.hostname.clear();
  if (heartbeat.templates.size() > kMaxTemplates)
    co_return fail(invalid_request("templates has too many items"));
  auto note = std::bind_front(&EnrolmentService::note_heartbeat_in, this, id, std::move(heartbeat));
  CO_TRY(auto beat, co_await parts_.database.transaction<Beat>(std::move(note)));
  parts_.breakers->heard(id);
  BeatAnswer answer;
  if (beat.address == kTunnelAddress) {
    CO_TRY(answer.tunnels, co_await list_tunnel_urls(parts_.database, rules_.replica_alive));
  }
  if (beat.status == HostState::pending) {
    CO_TRY(answer.is_reached, co_await reach(id, std::move(beat)));
  }
  co_return answer;
}

Task<Result<Beat>> EnrolmentService::note_heartbeat_in(HostId id, Heartbeat heartbeat, pg::Transaction& tx) {
  CO_TRY(auto beat, co_await beat_any_team(tx, id, heartbeat));
  if (!beat) co_return fail(not_found("host", id.str()));
  if (!beat->is_registered) co_return fail(Error{Errc::unauthorized, "this host must register again"});
  CO_TRY_VOID(co_await record_templates_any_team(tx, id, std::move(heartbeat.templates)));
  if (beat->old_status == HostState::unreachable)
    CO_TRY_VOID(co_await audit::record(
        tx, host_event(audit::What::host_marked_up, access::system_actor(), id, beat->team_id)));
  co_return *std::move(beat);
}

// The answer to a call over mutual TLS shows that the agent is where it said, and that it is the one that
// registered.
Task<Result<bool>> EnrolmentService::reach(HostId id, Beat beat) {
  CO_TRY(auto agent, parts_.agents.client_of({id, beat.address, beat.cert_fingerprint}));
  auto listed = co_await with_timeout(rules_.reach_limit, "reaching the agent", agent->list_sandboxes());
  if (!listed) {
    log::warn("agent not reached", {{"host", id}, {"address", beat.address}, {"error", listed.error()}});
    co_return false;
  }
  CO_TRY(bool is_online,
         co_await set_reached_any_team(parts_.database, id, beat.address, beat.cert_fingerprint));
  if (is_online) log::info("host reached", {{"host", id}, {"address", beat.address}});
  co_return true;
}

Task<Result<void>> EnrolmentService::check_tunnel(HostId id) {
  CO_TRY(auto host, co_await get_host_any_team(parts_.database, id));
  if (!host.registered_at) co_return fail(Error{Errc::unauthorized, "this host must register again"});
  if (host.address != kTunnelAddress)
    co_return fail(invalid_state("this host has registered with an address"));
  co_return Result<void>{};
}

// A stolen token ends its family although the request fails, so that is an answer of the transaction and no
// error.
Task<Result<Credentials>> EnrolmentService::refresh(Refresh request) {
  const auto& next = request.next_refresh_token;
  if (next && (!is_token(*next) || *next == request.refresh_token))
    co_return fail(invalid_request("next_refresh_token must be 64 new hex digits",
                                   {{"next_refresh_token", "must be 64 new hex digits"}}));
  if (request.csr && request.csr->size() > kMaxCsr)
    co_return fail(invalid_request("csr is too long", {{"csr", "is too long"}}));
  auto refresh = std::bind_front(&EnrolmentService::refresh_in, this, std::move(request));
  CO_TRY(auto renewal, co_await parts_.database.transaction<Renewal>(std::move(refresh)));
  failpoint("refresh.stored");
  if (renewal.stolen) {
    log::warn("refresh token was used again", {{"host", renewal.host}});
    co_return fail(unauthorized());
  }
  CO_TRY(auto host, co_await get_host_any_team(parts_.database, renewal.host));
  auto token = parts_.tokens.issue(host.id, rules_.lifetimes.token);
  co_return Credentials{std::move(host), std::move(token), std::move(renewal.refresh_token),
                        std::move(renewal.certificate_pem)};
}

Task<Result<EnrolmentService::Renewal>> EnrolmentService::refresh_in(Refresh request, pg::Transaction& tx) {
  CO_TRY(auto old, co_await lock_refresh_token(tx, access::stored_form(request.refresh_token)));
  if (!old || old->is_expired) co_return fail(unauthorized());
  failpoint("refresh.begun");
  Renewal renewal{.host = old->host_id};
  renewal.refresh_token = request.next_refresh_token ? *request.next_refresh_token : random_hex(32);
  auto next_hash = access::stored_form(renewal.refresh_token);
  if (old->is_revoked) {
    CO_TRY(bool asked_before, co_await has_successor(tx, old->id, next_hash));
    if (!asked_before) co_return co_await end_family(*old, tx);
  } else {
    NewRefreshToken next{old->host_id, old->family_id, std::move(next_hash), old->id,
                         rules_.lifetimes.refresh_token};
    CO_TRY_VOID(co_await insert_refresh_token(tx, std::move(next)));
    failpoint("refresh.between");
    CO_TRY_VOID(co_await revoke_refresh_token(tx, old->id));
  }
  CO_TRY(renewal.certificate_pem, co_await renew_certificate(old->host_id, std::move(request.csr), tx));
  co_return renewal;
}

Task<Result<EnrolmentService::Renewal>> EnrolmentService::end_family(RefreshRow row, pg::Transaction& tx) {
  CO_TRY(bool is_news, co_await revoke_family(tx, row.family_id));
  CO_TRY(auto host, co_await get_host_any_team(tx, row.host_id));
  if (is_news)
    CO_TRY_VOID(co_await audit::record(
        tx, host_event(audit::What::host_refresh_reused, access::system_actor(), host)));
  co_return Renewal{.host = host.id, .stolen = true};
}

Task<Result<std::optional<std::string>>> EnrolmentService::renew_certificate(HostId id,
                                                                             std::optional<std::string> csr,
                                                                             pg::Transaction& tx) {
  if (!csr) co_return std::nullopt;
  CO_TRY(auto certificate, parts_.authority->sign_agent(id, *csr, rules_.lifetimes.certificate));
  CO_TRY_VOID(co_await set_certificate_any_team(tx, id, certificate));
  co_return std::move(certificate.pem);
}

}  // namespace sandbar::control::hosts
