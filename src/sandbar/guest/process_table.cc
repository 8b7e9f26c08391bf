// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/process_table.h"

#include <algorithm>

#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"

namespace sandbar::guest {
namespace {

bool matches(const Process& process, const process::ProcessSelector& selector) {
  if (selector.has_pid()) return process.pid() == static_cast<pid_t>(selector.pid());
  return selector.has_tag() && process.tag() == selector.tag();
}

Error no_such_process(const process::ProcessSelector& selector) {
  if (selector.has_pid())
    return {Errc::not_found, fmt::format("process with pid {} not found", selector.pid())};
  if (selector.has_tag())
    return {Errc::not_found, fmt::format("process with tag '{}' not found", to_valid_utf8(selector.tag()))};
  return invalid_request("a process is selected by pid or tag");
}

}  // namespace

Task<Result<Process::Ptr>> ProcessTable::start(Process::Options options) {
  forget_old();
  if (live_.size() + starting_ >= kMaxLive)
    co_return fail(Error{Errc::rate_limited, fmt::format("more than {} processes run", kMaxLive)});
  ++starting_;
  ScopeExit started([this] { --starting_; });
  CO_TRY(auto process, co_await Process::start(executor_, reaper_, starters_.get(), std::move(options),
                                               [this](Process& ended) { retire(ended); }));
  std::erase_if(ended_, [&](const auto& old) { return old->pid() == process->pid(); });
  live_[process->pid()] = process;
  co_return process;
}

void ProcessTable::retire(Process& process) {
  ended_.push_back(process.shared_from_this());
  live_.erase(process.pid());
  forget_old();
}

void ProcessTable::forget_old() {
  auto limit = std::chrono::steady_clock::now() - kRetention;
  auto keep = std::ranges::find_if(ended_, [&](const auto& process) { return process->ended_at() > limit; });
  ended_.erase(ended_.begin(), keep);
  if (ended_.size() > kMaxEnded) ended_.erase(ended_.begin(), ended_.end() - kMaxEnded);
}

Result<Process::Ptr> ProcessTable::find_live(const process::ProcessSelector& selector) {
  for (const auto& [pid, process] : live_)
    if (matches(*process, selector)) return process;
  return fail(no_such_process(selector));
}

Result<Process::Ptr> ProcessTable::find(const process::ProcessSelector& selector) {
  forget_old();
  if (auto found = find_live(selector)) return found;
  auto found = std::ranges::find_if(ended_.rbegin(), ended_.rend(),
                                    [&](const auto& p) { return matches(*p, selector); });
  if (found == ended_.rend()) return fail(no_such_process(selector));
  return *found;
}

std::vector<Process::Ptr> ProcessTable::live() const {
  std::vector<Process::Ptr> out;
  for (const auto& [pid, process] : live_) out.push_back(process);
  return out;
}

}  // namespace sandbar::guest
