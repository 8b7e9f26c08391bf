// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/ports.h"

#include <fmt/format.h>

#include <array>

#include "sandbar/agent/guest_client/guest_client.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxPorts = 64;  // that connections are kept to
constexpr auto kDialPauses = std::to_array<std::chrono::milliseconds>({100ms, 200ms, 300ms, 400ms});

http::ClientLimits limits_of_port(std::chrono::milliseconds keep, std::size_t idle) {
  return {.connect = 10s, .head = 0ms, .idle = 0ms, .max_idle_connections = idle, .keep_alive = keep};
}

Error refused() { return {Errc::unavailable, "connection failed", "the port is closed"}; }
Error nothing_listens() { return {Errc::not_found, "nothing listens on this port"}; }

// Any answer but 101 means that the guest could not connect either, or is too old to know how.
Task<Result<http::ByteStreamPtr>> dial_loopback(std::shared_ptr<http::Client> guest, std::uint16_t port) {
  http::RequestHead head{"GET",
                         fmt::format("/forward?port={}", port),
                         {{"Connection", "Upgrade"}, {"Upgrade", "sandbar-forward"}}};
  auto response = co_await guest->send(std::move(head));
  if (!response || (*response)->head().status != 101) co_return fail(refused());
  co_return (*response)->take_over();
}

Task<Result<http::ByteStreamPtr>> dial_once(VmPtr vm, std::shared_ptr<http::Client> guest, std::uint16_t port,
                                            std::shared_ptr<Ports::Way> way) {
  if (way->needs_guest) {
    auto stream = co_await dial_loopback(guest, port);
    if (stream) co_return stream;
  }
  auto stream = co_await vm->dial(port);
  if (stream || stream.error().code != Errc::unavailable) {
    way->needs_guest = false;
    co_return stream;
  }
  auto inner = co_await dial_loopback(guest, port);
  way->needs_guest = inner.has_value();
  co_return inner;
}

Task<Result<http::ByteStreamPtr>> dial_patiently(VmPtr vm, std::shared_ptr<http::Client> guest,
                                                 std::uint16_t port, std::shared_ptr<Ports::Way> way) {
  for (auto pause : kDialPauses) {
    auto stream = co_await dial_once(vm, guest, port, way);
    if (stream || stream.error().code != Errc::unavailable) co_return stream;
    co_await sleep_for(pause);
  }
  auto stream = co_await dial_once(vm, guest, port, way);
  if (!stream && stream.error().code == Errc::unavailable) co_return fail(nothing_listens());
  co_return stream;
}

}  // namespace

Ports::Ports(Executor executor, VmPtr vm)
    : executor_(executor), vm_(vm), guest_(make_guest_http(executor, vm, GuestWay::network)) {}

http::Endpoint Ports::endpoint(std::uint16_t number, const Port& port) const {
  return {
      [vm = vm_, guest = guest_, number, way = port.way] { return dial_patiently(vm, guest, number, way); },
      "localhost"};
}

Ports::Port& Ports::find(std::uint16_t number) {
  if (ports_.size() >= kMaxPorts && !ports_.contains(number)) ports_.erase(ports_.begin());
  return ports_[number];
}

std::shared_ptr<http::Client> Ports::kept(std::uint16_t number) {
  auto& port = find(number);
  if (!port.kept) port.kept = http::make_client(executor_, endpoint(number, port), limits_of_port(1s, 32));
  return port.kept;
}

std::shared_ptr<http::Client> Ports::fresh(std::uint16_t number) {
  return http::make_client(executor_, endpoint(number, find(number)), limits_of_port(1s, 0));
}

}  // namespace sandbar::agent
