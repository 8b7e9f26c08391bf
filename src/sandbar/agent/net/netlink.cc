// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/netlink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>

#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kBuffer = 32 * 1024;

// One request under construction.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags) : header_(mnl_nlmsg_put_header(buffer_)) {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  template <class T>
  T& body() {
    return *static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
  }
  nlmsghdr* get() { return header_; }
  operator nlmsghdr*() { return header_; }  // NOLINT: what libmnl takes

 private:
  alignas(nlmsghdr) char buffer_[1024] = {};
  nlmsghdr* header_;
};

constexpr std::uint16_t kCreate = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

int index_of(const std::string& name) { return static_cast<int>(::if_nametoindex(name.c_str())); }

int note_route(const nlmsghdr* header, void* data) {
  auto& routes = *static_cast<std::vector<Cidr>*>(data);
  auto* route = static_cast<rtmsg*>(mnl_nlmsg_get_payload(header));
  if (route->rtm_family != AF_INET || route->rtm_type == RTN_BROADCAST) return MNL_CB_OK;
  Cidr cidr{0, route->rtm_dst_len};
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(header));
  auto* at = static_cast<nlattr*>(mnl_nlmsg_get_payload_offset(header, sizeof(rtmsg)));
  for (; mnl_attr_ok(at, static_cast<int>(end - reinterpret_cast<char*>(at))); at = mnl_attr_next(at))
    if (mnl_attr_get_type(at) == RTA_DST) cidr.address = ntohl(mnl_attr_get_u32(at));
  routes.push_back(cidr);
  return MNL_CB_OK;
}

}  // namespace

Result<Netlink> Netlink::open() {
  Netlink netlink;
  netlink.socket_.reset(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!netlink.socket_ || mnl_socket_bind(netlink.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    return fail(errno_error("open a netlink socket", errno));
  return netlink;
}

Result<void> Netlink::request(nlmsghdr* message, const std::string& doing) {
  message->nlmsg_seq = ++sequence_;
  char buffer[kBuffer];
  if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0)
    return fail(errno_error(doing, errno));
  auto size = mnl_socket_recvfrom(socket_.get(), buffer, sizeof buffer);
  if (size < 0) return fail(errno_error(doing, errno));
  if (mnl_cb_run(buffer, static_cast<std::size_t>(size), sequence_, mnl_socket_get_portid(socket_.get()),
                 nullptr, nullptr) < 0) {
    int error = errno;
    if (error == ENODEV) return fail(not_found("interface", doing));
    return fail(errno_error(doing, error));
  }
  return {};
}

Result<void> Netlink::add_veth(const std::string& name, const std::string& peer, int peer_ns) {
  Message message(RTM_NEWLINK, kCreate);
  message.body<ifinfomsg>() = {};
  mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
  auto* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
  auto* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
  auto* other = mnl_attr_nest_start(message, VETH_INFO_PEER);
  message.body<ifinfomsg>() = {};
  mnl_attr_put_strz(message, IFLA_IFNAME, peer.c_str());
  mnl_attr_put_u32(message, IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_ns));
  mnl_attr_nest_end(message, other);
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, info);
  return request(message, "add link " + name + " to " + peer);
}

Result<void> Netlink::set_mac(const std::string& name, Mac mac) {
  Message message(RTM_NEWLINK, NLM_F_ACK);
  message.body<ifinfomsg>() = {.ifi_index = index_of(name)};
  mnl_attr_put(message, IFLA_ADDRESS, mac.size(), mac.data());
  return request(message, "set the address of " + name);
}

Result<void> Netlink::set_up(const std::string& name) {
  Message message(RTM_NEWLINK, NLM_F_ACK);
  message.body<ifinfomsg>() = {.ifi_index = index_of(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  return request(message, "bring up " + name);
}

Result<void> Netlink::add_address(const std::string& name, std::uint32_t address, int bits) {
  Message message(RTM_NEWADDR, kCreate);
  auto& body = message.body<ifaddrmsg>();
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = static_cast<std::uint8_t>(bits);
  body.ifa_index = static_cast<std::uint32_t>(index_of(name));
  mnl_attr_put_u32(message, IFA_LOCAL, htonl(address));
  mnl_attr_put_u32(message, IFA_ADDRESS, htonl(address));
  return request(message, "add an address to " + name);
}

Result<void> Netlink::add_default_route(std::uint32_t gateway) {
  Message message(RTM_NEWROUTE, kCreate);
  auto& body = message.body<rtmsg>();
  body.rtm_family = AF_INET;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  mnl_attr_put_u32(message, RTA_GATEWAY, htonl(gateway));
  return request(message, "add a default route");
}

Result<void> Netlink::add_neighbour(const std::string& name, std::uint32_t address, Mac mac) {
  Message message(RTM_NEWNEIGH, kCreate);
  auto& body = message.body<ndmsg>();
  body.ndm_family = AF_INET;
  body.ndm_ifindex = index_of(name);
  body.ndm_state = NUD_PERMANENT;
  mnl_attr_put_u32(message, NDA_DST, htonl(address));
  mnl_attr_put(message, NDA_LLADDR, mac.size(), mac.data());
  return request(message, "add a neighbour to " + name);
}

Result<void> Netlink::remove_link(const std::string& name) {
  Message message(RTM_DELLINK, NLM_F_ACK);
  message.body<ifinfomsg>() = {};
  mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
  return request(message, "remove link " + name);
}

Result<std::vector<Cidr>> Netlink::routes() {
  Message message(RTM_GETROUTE, NLM_F_DUMP);
  message.body<rtmsg>() = {.rtm_family = AF_INET};
  message.get()->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), message, message.get()->nlmsg_len) < 0)
    return fail(errno_error("list routes", errno));
  std::vector<Cidr> found;
  std::vector<char> buffer(kBuffer);
  for (int state = MNL_CB_OK; state > MNL_CB_STOP;) {
    auto size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0) return fail(errno_error("list routes", errno));
    state = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), sequence_,
                       mnl_socket_get_portid(socket_.get()), note_route, &found);
    if (state < 0) return fail(errno_error("list routes", errno));
  }
  return found;
}

}  // namespace sandbar::agent
