// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/target.h"

#include <algorithm>
#include <array>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

constexpr auto kControlRoutes = std::to_array<std::string_view>(
    {"init", "warmup", "forward", "freeze", "unfreeze", "collapse", "fsfreeze", "fsthaw", "upgrade"});

Error bad_target(std::string_view why) { return invalid_request(fmt::format("the path {}", why)); }

// The segments that a server would see after decoding, and after "." and "..".
std::vector<std::string> resolved_segments(std::string_view path) {
  std::vector<std::string> out;
  auto decoded = percent_decode(path).value_or(std::string(path));
  for (auto segment : split(decoded, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      out.push_back(to_lower(segment));
    else if (!out.empty())
      out.pop_back();
  }
  return out;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  constexpr std::string_view kPrefix = "/sandboxes/";
  if (!text.starts_with(kPrefix)) return fail(bad_target("must begin with /sandboxes/"));
  text.remove_prefix(kPrefix.size());
  auto slash = text.find('/');
  if (slash == text.npos) return fail(bad_target("names no port"));
  Target target;
  TRY(target.id, SandboxId::parse(text.substr(0, slash)));
  text.remove_prefix(slash + 1);
  auto end = std::min(text.find_first_of("/?"), text.size());
  auto port = parse_int(text.substr(0, end));
  if (!port || *port < 1 || *port > 65535) return fail(bad_target("names no valid port"));
  target.port = static_cast<std::uint16_t>(*port);
  target.rest = std::string(text.substr(end));
  if (!target.rest.starts_with('/')) target.rest.insert(0, 1, '/');
  return target;
}

bool is_control_route(const Target& target) {
  if (target.port != limits::kGuestPort) return false;
  auto path = std::string_view(target.rest).substr(0, target.rest.find_first_of("?#"));
  auto segments = resolved_segments(path);
  return segments.size() == 1 && std::ranges::find(kControlRoutes, segments[0]) != kControlRoutes.end();
}

}  // namespace sandbar::agent
