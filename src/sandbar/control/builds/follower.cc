// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/follower.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/builds/store.h"
#include "sandbar/control/templates/service.h"
#include "sandbar/log/log.h"

namespace sandbar::control::builds {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using enum BuildState;

constexpr auto kBetweenFlushes = 300ms;
constexpr auto kBetweenTries = 1s;
constexpr std::size_t kMostPending = 64 * 1024;

agents::BuildOutcome failed_because(std::string why) { return {{}, std::move(why), false}; }

bool may_come_back(Errc code) {
  return code == Errc::host_unavailable || code == Errc::deadline_exceeded || code == Errc::agent_error;
}

audit::Event event_of(audit::What what, access::Actor actor, const Build& build) {
  auto event = audit::happened(what, build.team_id, std::move(actor), build.name);
  event.metadata["build_id"] = build.id.str();
  if (!build.error.empty()) event.metadata["error"] = build.error.substr(0, 500);
  return event;
}

Task<Result<bool>> succeed(pg::Transaction& tx, Build build, agents::TemplateReport made) {
  CO_TRY(auto ended, co_await end_build_any_team(tx, build.id, {running}, success, ""));
  if (!ended) co_return false;
  templates::Made whole{*build.template_id, *build.host_id, made.vcpus,
                        made.memory_mb,     made.disk_mb,   std::max<std::int64_t>(0, made.size_bytes)};
  CO_TRY_VOID(co_await templates::TemplateService::finish(tx, std::move(whole)));
  auto event = event_of(audit::What::template_create, access::system_actor(), *ended);
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

struct Ending {
  BuildState to;
  std::string why;
  audit::What what;
};

Task<Result<bool>> give_up(pg::Transaction& tx, access::Actor actor, Build build, Ending ending) {
  CO_TRY(auto ended,
         co_await end_build_any_team(tx, build.id, {pending, running}, ending.to, std::move(ending.why)));
  if (!ended) co_return false;
  if (ended->template_id)
    CO_TRY_VOID(co_await templates::TemplateService::drop(tx, *ended->template_id, ended->host_id));
  auto event = event_of(ending.what, std::move(actor), *ended);
  CO_TRY_VOID(co_await audit::record(tx, std::move(event)));
  co_return true;
}

}  // namespace

Task<std::optional<agents::BuildOutcome>> Follower::run() {
  auto last_word = steady_clock::now();
  for (;;) {
    heard_ = false;
    auto outcome = co_await listen();
    if (lost_) co_return std::nullopt;
    if (outcome) co_return *std::move(outcome);
    const auto& error = outcome.error();
    if (error.code == Errc::not_found)
      co_return failed_because("the build was interrupted: the agent of its host was started again");
    if (!may_come_back(error.code)) co_return failed_because(error.message);
    if (heard_) last_word = steady_clock::now();
    if (steady_clock::now() - last_word > policy_.lost_after)
      co_return failed_because("the build was lost: its host could not be reached any more");
    log::debug("build not heard", {{"build", build_.id}, {"why", error}});
    co_await sleep_for(kBetweenTries);
  }
}

Task<Result<agents::BuildOutcome>> Follower::listen() {
  CO_TRY(auto host, co_await get_host_any_team(database_, build_.host_id.value_or(HostId())));
  CO_TRY(auto agent, agents_.client_of({host.id, host.address, host.cert_fingerprint}));
  auto tell = [this](agents::BuildEvent event) { return note(std::move(event)); };
  auto outcome = co_await agent->build_template(order(), tell);
  if (lost_) co_return fail(Error{Errc::conflict, "the build is over, or followed by somebody else"});
  CO_TRY_VOID(co_await flush());
  co_return outcome;
}

// Once it has said something, it must not begin a second time.
agents::BuildOrder Follower::order() const {
  bool begun = build_.log_lines > 0 || build_.total_steps > 0;
  return {.template_id = build_.template_id.value_or(TemplateId()),
          .definition = build_.definition,
          .name = build_.name,
          .healthcheck = build_.healthcheck,
          .vcpus = build_.vcpus,
          .memory_mb = build_.memory_mb,
          .disk_mb = build_.disk_mb,
          .confined = build_.team_id != kPlatformTeam,
          .mode = begun ? agents::BuildMode::follow : agents::BuildMode::begin,
          .from_line = build_.log_lines};
}

Task<Result<void>> Follower::note(agents::BuildEvent event) {
  heard_ = true;
  if (event.line) {
    text_ += to_valid_utf8(*event.line) + "\n";
    std::erase(text_, '\0');
    ++new_lines_;
  }
  bool is_due = steady_clock::now() - flushed_ >= kBetweenFlushes || text_.size() >= kMostPending;
  if (event.line && is_due) co_return co_await flush();
  if (event.line) co_return Result<void>{};
  CO_TRY_VOID(co_await flush());
  build_.total_steps = std::max(build_.total_steps, event.total_steps);
  CO_TRY(bool ours, co_await note_progress_any_team(database_, build_.id, build_.log_lines, event.step,
                                                    event.total_steps));
  lost_ = !ours;
  if (lost_) co_return fail(Error{Errc::conflict, "the build is over, or followed by somebody else"});
  co_return Result<void>{};
}

Task<Result<void>> Follower::flush() {
  flushed_ = steady_clock::now();
  if (new_lines_ == 0) co_return Result<void>{};
  auto text = std::exchange(text_, {});
  int lines = build_.log_lines + std::exchange(new_lines_, 0);
  CO_TRY(bool ours,
         co_await append_log_any_team(database_, build_.id, build_.log_lines, lines, std::move(text)));
  lost_ = !ours;
  if (lost_) co_return fail(Error{Errc::conflict, "the build is over, or followed by somebody else"});
  build_.log_lines = lines;
  co_return Result<void>{};
}

Task<Result<bool>> end_build(pg::Database& database, Build build, agents::BuildOutcome outcome) {
  if (outcome.made) {
    auto body = [&](pg::Transaction& tx) { return succeed(tx, build, *outcome.made); };
    auto done = co_await database.transaction<bool>(body);
    if (done || done.error().code != Errc::not_found) co_return done;
    outcome.failure = "the template was deleted while it was built";
  }
  auto to = outcome.cancelled ? cancelled : failed;
  Ending ending{
      to, outcome.failure.substr(0, 8000),
      outcome.cancelled ? audit::What::template_build_cancelled : audit::What::template_build_failed};
  auto body = [&](pg::Transaction& tx) { return give_up(tx, access::system_actor(), build, ending); };
  co_return co_await database.transaction<bool>(body);
}

Task<Result<bool>> cancel_build(pg::Database& database, access::Actor actor, Build build, std::string why) {
  Ending ending{cancelled, std::move(why), audit::What::template_build_cancelled};
  auto body = [&](pg::Transaction& tx) { return give_up(tx, actor, build, ending); };
  co_return co_await database.transaction<bool>(body);
}

}  // namespace sandbar::control::builds
