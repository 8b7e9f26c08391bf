// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/slot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/net/namespace.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

Result<proc::Fd> open_tap() {
  TRY(auto tap, open_file("/dev/net/tun", O_RDWR | O_NONBLOCK));
  ifreq request{};
  std::strcpy(request.ifr_name, "tap0");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(tap.get(), TUNSETIFF, &request) != 0) return fail(errno_error("make a tap device", errno));
  return tap;
}

// Sysctls of the network belong to the namespace of the thread that opens them.
Result<void> set_sysctl(const std::string& name, std::string_view value) {
  TRY(auto fd, open_file("/proc/sys/net/" + name, O_WRONLY));
  return write_fully(fd.get(), value);
}

Result<void> wire_guest(Netlink& netlink) {
  TRY_VOID(netlink.set_up("lo"));
  TRY_VOID(netlink.set_mac("tap0", kGatewayMac));
  TRY_VOID(netlink.add_address("tap0", kGatewayAddress, 30));
  TRY_VOID(netlink.set_up("tap0"));
  return netlink.add_neighbour("tap0", kGuestAddress, kGuestMac);
}

Result<void> wire_host(Netlink& netlink, const Instance& instance, std::uint32_t number, int home) {
  auto interface = instance.interface(number);
  TRY_VOID(netlink.add_veth("out", interface, home));
  TRY_VOID(netlink.add_address("out", instance.slot_address(number), 31));
  TRY_VOID(inside_namespace(home, [&]() -> Result<void> {
    TRY(auto host, Netlink::open());
    TRY_VOID(host.add_address(interface, instance.host_address(number), 31));
    return host.set_up(interface);
  }));
  TRY_VOID(netlink.set_up("out"));
  return netlink.add_default_route(instance.host_address(number));
}

Result<void> without_ipv6() {
  if (!fs::exists("/proc/sys/net/ipv6")) return {};
  TRY_VOID(set_sysctl("ipv6/conf/all/disable_ipv6", "1"));
  return set_sysctl("ipv6/conf/default/disable_ipv6", "1");
}

}  // namespace

SlotMaker::SlotMaker(Instance instance, NetConfig config, fs::path names)
    : instance_(instance), config_(std::move(config)), names_(std::move(names)) {}

fs::path SlotMaker::name(std::uint32_t number) const { return names_ / fmt::format("{}", number); }

Result<void> SlotMaker::prepare_host() const {
  std::error_code error;
  fs::create_directories(names_, error);
  auto forwarding = read_file("/proc/sys/net/ipv4/ip_forward", 16);
  if (forwarding && trim(*forwarding) != "1") {
    log::info("IP forwarding switched on, for sandboxes' traffic");
    TRY_VOID(set_sysctl("ipv4/ip_forward", "1"));
  }
  return load_ruleset(host_ruleset(instance_, config_));
}

Result<void> SlotMaker::furnish(std::uint32_t number, int home, proc::Fd& tap) const {
  TRY_VOID(without_ipv6());
  TRY(tap, open_tap());
  TRY(auto netlink, Netlink::open());
  TRY_VOID(load_ruleset(slot_ruleset({}, config_)));
  TRY_VOID(wire_guest(netlink));
  TRY_VOID(wire_host(netlink, instance_, number, home));
  return set_sysctl("ipv4/ip_forward", "1");
}

Result<NetSlot> SlotMaker::make(std::uint32_t number) const {
  NetSlot slot{.number = number};
  auto ns = make_namespace(name(number), [&](int home) { return furnish(number, home, slot.tap); });
  if (!ns) return fail(std::move(ns).error().with_context(fmt::format("making network slot {}", number)));
  slot.ns = std::move(*ns);
  return slot;
}

Result<NetSlot> SlotMaker::find(std::uint32_t number) const {
  TRY(auto ns, open_file(name(number), O_RDONLY));
  return NetSlot{.number = number, .ns = std::move(ns)};
}

Result<void> SlotMaker::set_rules(const NetSlot& slot, const EgressRules& rules) const {
  return inside_namespace(slot.ns.get(), [&] { return load_ruleset(slot_ruleset(rules, config_)); });
}

void SlotMaker::remove(std::uint32_t number) const {
  remove_namespace(name(number));
  auto netlink = Netlink::open();
  if (netlink) (void)netlink->remove_link(instance_.interface(number));
}

std::vector<std::uint32_t> SlotMaker::existing() const {
  std::set<std::uint32_t> numbers;
  std::error_code ignored;
  auto note = [&](std::string_view text) {
    auto number = parse_int(text);
    if (number && *number >= 0 && *number < Instance::kMaxSlots)
      numbers.insert(static_cast<std::uint32_t>(*number));
  };
  for (const auto& entry : fs::directory_iterator(names_, ignored)) note(entry.path().filename().string());
  for (const auto& entry : fs::directory_iterator("/sys/class/net", ignored)) {
    auto interface = entry.path().filename().string();
    if (interface.starts_with(instance_.prefix())) note(interface.substr(instance_.prefix().size()));
  }
  return {numbers.begin(), numbers.end()};
}

bool SlotMaker::exists(std::uint32_t number) const {
  return fs::exists(name(number)) || fs::exists("/sys/class/net/" + instance_.interface(number));
}

}  // namespace sandbar::agent
