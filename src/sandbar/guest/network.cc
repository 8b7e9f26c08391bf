// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "sandbar/base/try.h"
#include "sandbar/proc/fd.h"

namespace sandbar::guest {
namespace {

constexpr const char *kLink = "eth0", *kAddress = "169.254.0.21", *kMask = "255.255.255.252",
                     *kGateway = "169.254.0.22";

void put_address(sockaddr& into, const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
  std::memcpy(&into, &address, sizeof into);
}

ifreq request_for(const char* link) {
  ifreq request{};
  std::strncpy(request.ifr_name, link, IFNAMSIZ - 1);
  return request;
}

Result<void> call(int socket, unsigned long what, void* argument, std::string_view name) {
  if (ioctl(socket, what, argument) != 0 && errno != EEXIST) return fail(errno_error(name, errno));
  return {};
}

Result<void> bring_up(int socket, const char* link) {
  auto request = request_for(link);
  TRY_VOID(call(socket, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS"));
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return call(socket, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS");
}

Result<void> set_address(int socket, const char* link) {
  auto request = request_for(link);
  put_address(request.ifr_addr, kAddress);
  TRY_VOID(call(socket, SIOCSIFADDR, &request, "SIOCSIFADDR"));
  put_address(request.ifr_netmask, kMask);
  return call(socket, SIOCSIFNETMASK, &request, "SIOCSIFNETMASK");
}

Result<void> set_default_route(int socket) {
  rtentry route{};
  put_address(route.rt_dst, "0.0.0.0");
  put_address(route.rt_genmask, "0.0.0.0");
  put_address(route.rt_gateway, kGateway);
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  return call(socket, SIOCADDRT, &route, "SIOCADDRT");
}

}  // namespace

Result<void> bring_up_network() {
  proc::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(errno_error("socket", errno));
  TRY_VOID(bring_up(socket.get(), "lo"));
  TRY_VOID(set_address(socket.get(), kLink));
  TRY_VOID(bring_up(socket.get(), kLink));
  return set_default_route(socket.get());
}

}  // namespace sandbar::guest
