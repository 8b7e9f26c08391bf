// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/transfers/service.h"

#include "sandbar/async/timer.h"
#include "sandbar/control/transfers/store.h"
#include "sandbar/http/signature.h"
#include "sandbar/log/log.h"
#include "sandbar/model/transfer_grant.h"

namespace sandbar::control::transfers {
namespace {

using namespace std::chrono_literals;

constexpr int kMostSources = 3;
constexpr auto kGrantLifetime = 15min;
constexpr std::chrono::milliseconds kDescribeLimit = 120s, kStaleAfter = 60s;

Error no_source() { return {Errc::host_unavailable, "no host that holds the template can be reached"}; }

Error refused(std::string why) {
  return {Errc::unauthorized, "the grant does not allow this", std::move(why)};
}

agents::AgentAddress address_of(const Holder& holder) {
  return {holder.host_id, holder.address, holder.cert_fingerprint};
}

// What sandboxes hear of a copy that failed.
Error copy_error(Error error) {
  bool known = error.code == Errc::host_unavailable || error.code == Errc::no_space ||
               error.code == Errc::invalid_state || error.code == Errc::deadline_exceeded;
  if (known) return error;
  return {Errc::agent_error, "the template could not be copied to the host", log::describe(error)};
}

}  // namespace

Task<Result<void>> TransferService::provide(TemplateId id, agents::AgentAddress target) {
  Way way{id, target.host_id};
  CO_TRY(bool held, co_await is_held_any_team(parts_.database, way));
  if (held) co_return Result<void>{};
  CO_TRY_VOID(co_await begin_fetch_any_team(parts_.database, way));
  auto fetched = co_await with_timeout(parts_.limit, "copying a template", fetch(id, std::move(target)));
  if (fetched) co_return co_await end_fetch_any_team(parts_.database, way);
  log::warn("template not copied", {{"template", id}, {"host", way.target}, {"error", fetched.error()}});
  CO_TRY_VOID(co_await fail_fetch_any_team(parts_.database, way, fetched.error().message));
  co_return fail(copy_error(std::move(fetched).error()));
}

Task<Result<void>> TransferService::fetch(TemplateId id, agents::AgentAddress target) {
  Way way{id, target.host_id};
  CO_TRY(auto sources, co_await sources_for(id, target));
  CO_TRY(auto agent, parts_.agents.client_of(target));
  auto& database = parts_.database;
  auto tell = [&database, way](agents::FetchProgress progress) {
    return note_progress_any_team(database, way, std::move(progress));
  };
  CO_TRY(auto report, co_await agent->fetch_template({id, std::move(sources)}, tell));
  log::info("template copied", {{"template", id}, {"host", way.target}});
  co_return co_await add_holder_any_team(database, way, std::max<std::int64_t>(0, report.size_bytes));
}

// A holder that does not answer, or that offers another template than before, is left out.
Task<Result<std::vector<agents::FetchSource>>> TransferService::sources_for(TemplateId id,
                                                                            agents::AgentAddress target) {
  CO_TRY(auto holders, co_await list_holders_any_team(parts_.database, {id, target.host_id}, kMostSources));
  std::vector<agents::FetchSource> sources;
  for (const auto& holder : holders) {
    auto digest = co_await digest_of(id, holder);
    if (!digest) {
      log::warn("holder of a template left out",
                {{"template", id}, {"host", holder.host_id}, {"why", digest.error()}});
      continue;
    }
    CO_TRY(auto grant, grant_for(id, holder.host_id, target));
    sources.push_back({address_of(holder), *std::move(digest), std::move(grant)});
  }
  if (sources.empty()) co_return fail(no_source());
  co_return sources;
}

Task<Result<std::string>> TransferService::digest_of(TemplateId id, Holder holder) {
  CO_TRY(auto agent, parts_.agents.client_of(address_of(holder)));
  CO_TRY(auto described,
         co_await with_timeout(kDescribeLimit, "describing a template", agent->describe_template(id)));
  CO_TRY(auto first, co_await note_digest_any_team(parts_.database, id, holder.host_id, described.digest));
  if (first != described.digest)
    co_return fail(Error{Errc::data_loss, "the host offers another template than it did before"});
  co_return first;
}

Result<std::string> TransferService::grant_for(TemplateId id, HostId source,
                                               const agents::AgentAddress& target) const {
  TransferGrant grant{id, source, target.host_id, target.cert_fingerprint,
                      parts_.clock.now() + kGrantLifetime};
  auto text = grant.text();
  TRY(auto signature, parts_.authority->sign(text));
  return TransferGrant::encode(text, signature);
}

Task<Result<void>> TransferService::check_grant(const RelayRequest& request) {
  CO_TRY(auto given, decode_grant(request.grant));
  CO_TRY_VOID(http::verify_text(parts_.authority->certificate_pem(), given.text, given.signature));
  const auto& grant = given.grant;
  bool fits = grant.template_id == request.template_id && grant.source == request.source &&
              grant.target == request.target;
  if (!fits) co_return fail(refused("it is for something else"));
  if (grant.expires_at < parts_.clock.now()) co_return fail(refused("it has expired"));
  co_return Result<void>{};
}

Task<Result<http::ClientResponsePtr>> TransferService::relay(RelayRequest request) {
  CO_TRY_VOID(co_await check_grant(request));
  CO_TRY(auto source, co_await get_source_any_team(parts_.database, request.source));
  CO_TRY(auto agent, parts_.agents.client_of(address_of(source)));
  http::RequestHead head{"GET",
                         fmt::format("/templates/{}/{}", request.template_id, request.object),
                         {{"Sandbar-Grant", request.grant}}};
  auto answer = co_await agent->data_plane().send(std::move(head));
  if (!answer)
    co_return fail(
        Error{Errc::host_unavailable, "the source cannot be reached", log::describe(answer.error())});
  co_return answer;
}

Task<Result<void>> TransferService::forget_stale() {
  return forget_stale_fetches_any_team(parts_.database, kStaleAfter);
}

}  // namespace sandbar::control::transfers
