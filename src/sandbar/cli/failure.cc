// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include "sandbar/cli/output.h"

namespace sandbar::cli {
namespace {

constexpr int kUsage = 2, kFailure = 1, kNoSuchCommand = 127;  // the last as a shell has it

struct Advice {
  Errc code;
  std::string_view text;
};

constexpr Advice kAdvice[] = {
    {Errc::unauthorized, "`sandbar login EMAIL`; for sandboxes an API key (SANDBAR_API_KEY) is enough"},
    {Errc::forbidden, "ask an owner or admin of the team"},
    {Errc::no_team, "join or create a team first"},
    {Errc::not_found, "`sandbar ls` shows your sandboxes, `sandbar templates ls` what they can start from"},
    {Errc::invalid_state,
     "`sandbar info SANDBOX` shows its state; a paused one needs `sandbar resume SANDBOX`"},
    {Errc::rate_limited, "wait a little and try again"},
    {Errc::quota_exceeded, "destroy what is no longer needed: `sandbar rm SANDBOX`"},
    {Errc::no_hosts_available,
     "no host can take it: `sandbar hosts ls` shows them, `sandbar hosts add` adds one"},
    {Errc::host_unavailable, "its host does not answer; `sandbar hosts ls` shows the hosts"},
    {Errc::unavailable,
     "is it running there? `sandbar up` starts one on this machine; --url or SANDBAR_URL names another"},
    {Errc::no_space, "free disk space on the host"},
};

// "sandbox 'sb-…' not found" is about a sandbox.
bool is_missing(const Error& error, std::string_view what) {
  return error.code == Errc::not_found && error.message.starts_with(fmt::format("{} '", what));
}

std::string_view advice_for(const Error& error) {
  if (error.code == Errc::not_found && !is_missing(error, "sandbox") && !is_missing(error, "template"))
    return "";
  for (const auto& [known, text] : kAdvice)
    if (known == error.code) return text;
  return "";
}

}  // namespace

int report_failure(Context& context, const Error& error) {
  auto message = error.message.empty() ? std::string(info_of(error.code).name) : error.message;
  if (context.json()) {
    boost::json::object answer{
        {"error", boost::json::object{{"code", info_of(error.code).name}, {"message", message}}}};
    note(boost::json::serialize(answer));
  } else {
    note(fmt::format("{} {}", toned(Tone::bad, "sandbar:", STDERR_FILENO), printable(message)));
    if (!error.detail.empty() && error.detail != message)
      note(fmt::format("  because: {}", printable(error.detail)));
    if (auto advice = advice_for(error); !advice.empty()) note(fmt::format("  try: {}", advice));
  }
  if (is_missing(error, "command")) return kNoSuchCommand;
  return error.code == Errc::invalid_request ? kUsage : kFailure;
}

}  // namespace sandbar::cli
