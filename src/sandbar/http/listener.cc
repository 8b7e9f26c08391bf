// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::http {
namespace {

constexpr int kBacklog = 4096;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<Address> unix_address(const std::string& path) {
  Address address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof un->sun_path)
    return fail(invalid_request("unusable socket path: " + path));
  un->sun_family = AF_UNIX;
  path.copy(un->sun_path, path.size());
  address.size = sizeof *un;
  return address;
}

Address ip4_address(in_addr ip, std::uint16_t port) {
  Address address;
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
  *in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
  address.size = sizeof *in;
  return address;
}

Address ip6_address(in6_addr ip, std::uint16_t port) {
  Address address;
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  *in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = ip};
  address.size = sizeof *in6;
  return address;
}

bool has_ip6() {
  int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

Result<Address> ip_address(const std::string& text) {
  auto colon = text.rfind(':');
  auto port = colon == text.npos ? std::nullopt : parse_int(std::string_view(text).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return fail(invalid_request("not an address with a port: " + text));
  auto number = static_cast<std::uint16_t>(*port);
  auto host = text.substr(0, colon);
  if (host.empty()) return has_ip6() ? ip6_address(in6addr_any, number) : ip4_address({INADDR_ANY}, number);
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in_addr ip4{};
  in6_addr ip6{};
  if (::inet_pton(AF_INET, host.c_str(), &ip4) == 1) return ip4_address(ip4, number);
  if (::inet_pton(AF_INET6, host.c_str(), &ip6) == 1) return ip6_address(ip6, number);
  return fail(invalid_request("not an IP address: " + host));
}

void remove_stale_socket(const std::string& path, const Address& address) {
  int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  if (::connect(probe, address.get(), address.size) != 0 && errno == ECONNREFUSED) ::unlink(path.c_str());
  ::close(probe);
}

std::uint16_t port_of(int fd) {
  Address address;
  address.size = sizeof address.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) return 0;
  if (address.storage.ss_family == AF_INET)
    return ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
  if (address.storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
  return 0;
}

void set_flag(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

Listener::Listener(Executor executor, int fd, std::string path)
    : descriptor_(std::move(executor), fd), path_(std::move(path)), port_(port_of(fd)) {}

Listener::~Listener() { close(); }

Result<std::unique_ptr<Listener>> Listener::open(Executor executor, const std::string& address,
                                                 bool reuse_port) {
  auto path = address.starts_with("unix:") ? address.substr(5) : std::string();
  bool local = address.starts_with("unix:");
  TRY(auto where, local ? unix_address(path) : ip_address(address));
  if (local) remove_stale_socket(path, where);
  int fd = ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail(errno_error("open a socket", errno));
  std::unique_ptr<Listener> listener(new Listener(std::move(executor), fd, {}));
  if (!local) set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (!local && reuse_port) set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (where.storage.ss_family == AF_INET6) set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, where.get(), where.size) != 0 || ::listen(fd, kBacklog) != 0)
    return fail(errno_error("listen on " + address, errno));
  listener->port_ = port_of(fd);
  listener->path_ = path;
  return listener;
}

Task<Result<int>> Listener::accept() {
  while (descriptor_.is_open()) {
    int fd = ::accept4(descriptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) co_return fd;
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      co_await sleep_for(std::chrono::milliseconds(50));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      auto wait = boost::asio::posix::stream_descriptor::wait_read;
      auto [ec] = co_await descriptor_.async_wait(wait, boost::asio::as_tuple(boost::asio::deferred));
      if (ec) break;
    }
  }
  co_return fail(Error{Errc::canceled, "no longer listening"});
}

void Listener::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace sandbar::http
