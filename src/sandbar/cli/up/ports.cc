// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/ports.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "sandbar/base/strings.h"
#include "sandbar/proc/fd.h"

namespace sandbar::cli {
namespace {

// The port that could be bound; 0 asks for any.
std::optional<std::uint16_t> bindable(const std::string& host, std::uint16_t port) {
  proc::Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int one = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  socklen_t size = sizeof address;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(probe.get(), 1) != 0)
    return std::nullopt;
  ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Result<std::string> free_loopback(std::uint16_t port) {
  auto found = bindable("127.0.0.1", port);
  if (!found) found = bindable("127.0.0.1", 0);
  if (!found) return fail(Error{Errc::unavailable, "no free port on 127.0.0.1"});
  return fmt::format("127.0.0.1:{}", *found);
}

}  // namespace

Result<std::string> settle_address(const std::string& address, std::uint16_t port, std::string_view option) {
  if (address.empty()) return free_loopback(port);
  auto colon = address.rfind(':');
  auto number =
      colon == std::string::npos ? std::nullopt : parse_int(std::string_view(address).substr(colon + 1));
  if (!number || *number < 0 || *number > 65535)
    return fail(invalid_request(
        fmt::format("{} '{}' is not ADDRESS:PORT, for example 127.0.0.1:{}", option, address, port)));
  auto host = colon == 0 ? std::string("0.0.0.0") : address.substr(0, colon);
  auto found = bindable(host, static_cast<std::uint16_t>(*number));
  if (found) return fmt::format("{}:{}", host, *found);
  if (host.starts_with('[')) return address;  // IPv6: the program itself finds out
  return fail(Error{
      Errc::conflict,
      fmt::format("{} is taken by another program (or is no address of this machine); choose another with {}",
                  address, option)});
}

}  // namespace sandbar::cli
