// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/instance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/net/netlink.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

constexpr std::uint32_t kFirstUid = 1'900'000'000;  // beyond what distributions and systemd hand out
constexpr int kSubnetBits = 20;

Instance make(std::uint32_t number) { return {number, kFirstUid + number * Instance::kMaxSlots}; }

fs::path claim_path(const fs::path& claims, std::uint32_t number) {
  return claims / fmt::format("instance-{}", number);
}

// Empty if nobody, or a state directory that no longer exists, holds it.
std::string holder(const fs::path& claims, std::uint32_t number) {
  auto text = read_file(claim_path(claims, number), 4096);
  return text && fs::exists(*text) ? *text : "";
}

std::optional<Instance> claimed_by(const fs::path& claims, const std::string& state) {
  for (std::uint32_t n = 0; n < Instance::kMaxInstances; ++n)
    if (holder(claims, n) == state) return make(n);
  return std::nullopt;
}

}  // namespace

Cidr Instance::subnet() const {
  return {kInstanceRange.address + (number << (32 - kSubnetBits)), kSubnetBits};
}
std::string Instance::prefix() const { return fmt::format("sb{}-", number); }
std::string Instance::interface(std::uint32_t slot) const { return fmt::format("{}{}", prefix(), slot); }
std::uint32_t Instance::host_address(std::uint32_t slot) const { return subnet().address + 2 * slot; }
std::uint32_t Instance::slot_address(std::uint32_t slot) const { return host_address(slot) + 1; }
std::string Instance::name() const { return fmt::format("sandbar-{}", number); }

Result<Instance> claim_instance(const fs::path& state, const fs::path& claims) {
  std::error_code error;
  fs::create_directories(claims, error);
  auto own = fs::canonical(state, error).string();
  if (error) return fail(errno_error("find " + state.string(), error.value()));
  TRY(auto lock, open_file(claims / "lock", O_RDWR | O_CREAT));
  if (::flock(lock.get(), LOCK_EX) != 0) return fail(errno_error("lock " + claims.string(), errno));
  if (auto known = claimed_by(claims, own)) return *known;
  TRY(auto netlink, Netlink::open());
  TRY(auto routes, netlink.routes());
  for (std::uint32_t n = 0; n < Instance::kMaxInstances; ++n) {
    auto instance = make(n);
    auto taken = [&](const Cidr& route) { return route.bits > 0 && route.overlaps(instance.subnet()); };
    if (!holder(claims, n).empty() || std::ranges::any_of(routes, taken)) continue;
    TRY_VOID(replace_file(claim_path(claims, n), own, 0644));
    return instance;
  }
  return fail(Error{Errc::unavailable, "no address range is left for sandboxes",
                    kInstanceRange.str() + " is in use"});
}

void release_instance(const Instance& instance, const fs::path& claims) {
  std::error_code ignored;
  fs::remove(claim_path(claims, instance.number), ignored);
}

}  // namespace sandbar::agent
