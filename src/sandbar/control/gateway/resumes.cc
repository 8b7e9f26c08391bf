// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/resumes.h"

#include "sandbar/base/scope_exit.h"
#include "sandbar/log/log.h"

namespace sandbar::control::gateway {

Task<Result<void>> Resumes::resume(access::Actor actor, SandboxId id, std::chrono::milliseconds limit) {
  auto attempt = attempts_[id];
  if (!attempt) {
    attempt = attempts_[id] = std::make_shared<Attempt>(co_await boost::asio::this_coro::executor);
    tasks_.spawn("resume on traffic", run(attempt, std::move(actor), id));
  }
  auto end = std::chrono::steady_clock::now() + limit;
  while (!attempt->outcome) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) co_return fail(Error{Errc::deadline_exceeded, "the sandbox is still resuming"});
    co_await attempt->ended.wait_for(left);
  }
  co_return *attempt->outcome;
}

Task<void> Resumes::run(std::shared_ptr<Attempt> attempt, access::Actor actor, SandboxId id) {
  ScopeExit over([&] {
    if (!attempt->outcome) attempt->outcome = fail(Error{Errc::canceled, "the resume was given up"});
    attempts_.erase(id);
    attempt->ended.notify_all();
  });
  auto resumed = co_await sandboxes_.resume(std::move(actor), id);
  if (resumed) {
    log::info("sandbox resumed by traffic", {{"sandbox", id}});
    attempt->outcome = Result<void>{};
  } else {
    attempt->outcome = fail(std::move(resumed).error());
  }
}

}  // namespace sandbar::control::gateway
