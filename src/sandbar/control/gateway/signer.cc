// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/signer.h"

#include <fmt/format.h>

#include "sandbar/base/strings.h"

namespace sandbar::control::gateway {
namespace {

constexpr std::size_t kMaxToken = 128;

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

Signer::Signer(const access::Keys& keys) : hmac_(keys.traffic) {}

std::string Signer::link_token(SandboxId sandbox, int port, std::int64_t epoch, Time expires_at) const {
  auto until = seconds_of(expires_at);
  auto signature = hmac_.sign(fmt::format("link {} {} {} {}", sandbox, port, epoch, until));
  return fmt::format("{}.{}", until, to_base64url(signature));
}

bool Signer::accepts_link(std::string_view token, SandboxId sandbox, int port, std::int64_t epoch,
                          Time now) const {
  auto until = expiry_of_link(token);
  return until && now < *until && access::equal_secrets(token, link_token(sandbox, port, epoch, *until));
}

std::string Signer::traffic_token(SandboxId sandbox, std::int64_t epoch) const {
  return to_hex(hmac_.sign(fmt::format("traffic {} {}", sandbox, epoch)));
}

std::optional<Time> expiry_of_link(std::string_view token) {
  auto dot = token.find('.');
  if (token.size() > kMaxToken || dot == token.npos || dot > 12) return std::nullopt;
  auto until = parse_int(token.substr(0, dot));
  if (!until || *until < 0) return std::nullopt;
  return Time(std::chrono::seconds(*until));
}

}  // namespace sandbar::control::gateway
