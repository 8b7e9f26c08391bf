// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include "sandbar/cli/output.h"

namespace sandbar::cli {
namespace {

constexpr int kUsage = 2, kFailure = 1;

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

std::string_view advice_for(Errc code) {
  for (const auto& [known, text] : kAdvice)
    if (known == code) return text;
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
    if (auto advice = advice_for(error.code); !advice.empty()) note(fmt::format("  try: {}", advice));
  }
  return error.code == Errc::invalid_request ? kUsage : kFailure;
}

}  // namespace sandbar::cli
