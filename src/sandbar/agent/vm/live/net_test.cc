// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/net/namespace.h"
#include "sandbar/agent/net/netlink.h"
#include "sandbar/agent/vm/live/world.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::live;

namespace {

constexpr std::uint16_t kPort = 8123;
constexpr std::uint32_t kHostPublic = 0xCB007101, kPublic = 0xCB007102;      // 203.0.113.1, .2
constexpr std::uint32_t kHostPrivate = 0x0A630001, kPrivate = 0x0A630002;    // 10.99.0.1, .2
constexpr std::uint32_t kHostMetadata = 0xA9FEA901, kMetadata = 0xA9FEA9FE;  // 169.254.169.1, .254

// Accepts on all addresses of the network that it is made in.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int one = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in any{.sin_family = AF_INET, .sin_port = htons(kPort), .sin_addr = {}, .sin_zero = {}};
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0);
    REQUIRE(::listen(fd_.get(), 64) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Listener() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  void serve() {
    for (int client; (client = ::accept(fd_.get(), nullptr, nullptr)) >= 0;) ::close(client);
  }
  proc::Fd fd_;
  std::thread thread_;
};

// A network beyond the host with a public, a private and a metadata address, each with a listener.
class Elsewhere {
 public:
  Elsewhere() {
    std::thread([this] { make(); }).join();
    REQUIRE(far_);
  }
  ~Elsewhere() {
    far_.reset();
    ns_.reset();
    remove_namespace(name_);
    if (auto netlink = Netlink::open()) (void)netlink->remove_link("sbtest0");
  }
  bool reaches(std::uint32_t address) {
    bool open = false;
    std::thread([&] { open = connects(address); }).join();
    return open;
  }

 private:
  void make() {
    ns_ = must(make_namespace(name_, [](int home) { return furnish(home); }));
    must(inside_namespace(ns_.get(), [this]() -> Result<void> {
      far_ = std::make_unique<Listener>();
      return {};
    }));
  }

  static Result<void> furnish(int home) {
    auto netlink = must(Netlink::open());
    must(netlink.add_veth("far", "sbtest0", home));
    for (auto address : {kPublic, kPrivate, kMetadata}) must(netlink.add_address("far", address, 24));
    must(netlink.set_up("lo"));
    must(inside_namespace(home, []() -> Result<void> {
      auto host = must(Netlink::open());
      for (auto address : {kHostPublic, kHostPrivate, kHostMetadata})
        must(host.add_address("sbtest0", address, 24));
      return host.set_up("sbtest0");
    }));
    return netlink.set_up("far");
  }

  bool connects(std::uint32_t address) {
    auto fd = start_connect(ns_.get(), address, kPort);
    if (!fd) return false;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd->get(), &set);
    timeval limit{.tv_sec = 2, .tv_usec = 0};
    int error = -1;
    socklen_t size = sizeof error;
    if (::select(fd->get() + 1, nullptr, &set, nullptr, &limit) != 1) return false;
    return ::getsockopt(fd->get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }

  fs::path name_ = state() / "elsewhere";
  proc::Fd ns_;
  std::unique_ptr<Listener> far_;
};

Task<std::string> reach(VmPtr vm, std::uint32_t address, int port = kPort) {
  co_return co_await ask(vm, fmt::format("/reach/{}/{}", ipv4(address), port));
}

Task<void> is_kept_in(Hypervisor& hypervisor) {
  Elsewhere elsewhere;
  Listener host;
  REQUIRE(elsewhere.reaches(kHostPublic));
  auto instance = must(claim_instance(state(), QemuConfig{}.claims));
  auto one = co_await restored(hypervisor, fresh_spec());
  auto two = co_await restored(hypervisor, fresh_spec());

  CHECK(co_await reach(one, kPublic) == "open");
  CHECK(co_await reach(one, kPublic, kPort + 1) == "refused");
  CHECK(co_await reach(one, kPrivate) == "silent");
  CHECK(co_await reach(one, kMetadata) == "silent");
  for (auto address : {kHostPublic, kHostPrivate, kHostMetadata, kGatewayAddress,
                       instance.host_address(one->handle().slot), instance.slot_address(one->handle().slot)})
    CHECK_MESSAGE(co_await reach(one, address) == "silent", ipv4(address));
  for (auto address : {instance.slot_address(two->handle().slot), instance.host_address(two->handle().slot)})
    CHECK_MESSAGE(co_await reach(one, address, 49983) == "silent", ipv4(address));
  CHECK_FALSE(elsewhere.reaches(instance.slot_address(one->handle().slot)));
  co_await end(one);
  co_await end(two);
}

Task<void> obeys_rules(Hypervisor& hypervisor) {
  Elsewhere elsewhere;
  auto spec = fresh_spec();
  spec.network = {.deny_egress = true};
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await reach(vm, kPublic) == "silent");
  must(co_await vm->set_network({.deny_egress = true, .allow_cidrs = {"203.0.113.2"}}));
  CHECK(co_await reach(vm, kPublic) == "open");
  must(co_await vm->set_network({.deny_cidrs = {"203.0.113.0/24"}}));
  CHECK(co_await reach(vm, kPublic) == "silent");
  must(co_await vm->set_network(
      {.allow_cidrs = {"10.0.0.0/8", "169.254.169.254", "203.0.113.0/24"}, .deny_cidrs = {"0.0.0.0/0"}}));
  CHECK(co_await reach(vm, kPublic) == "open");
  CHECK(co_await reach(vm, kPrivate) == "silent");
  CHECK(co_await reach(vm, kMetadata) == "silent");
  must(co_await vm->set_network({}));
  CHECK(co_await reach(vm, kPublic) == "open");
  CHECK((co_await vm->set_network({.allow_cidrs = {"10.0.0.0/8 }; flush ruleset"}})).error().code ==
        Errc::invalid_request);
  co_await end(vm);
  spec = fresh_spec();
  spec.network = {.deny_cidrs = {"nowhere"}};
  CHECK((co_await hypervisor.restore(spec)).error().code == Errc::invalid_request);
}

Task<void> dials(Hypervisor& hypervisor) {
  auto vm = co_await restored(hypervisor, fresh_spec());
  CHECK(co_await ask(vm, "/health") == "");
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    Stopwatch watch;
    must(co_await vm->dial(49983));
    times.push_back(watch.ms());
  }
  print_times("dial", times);
  CHECK((co_await vm->dial(9)).error().code == Errc::unavailable);
  co_await end(vm);
}

}  // namespace

TEST_CASE("a sandbox reaches the internet, and neither host, nor neighbours, nor private networks") {
  run(is_kept_in);
}
TEST_CASE("egress rules hold, may change while it runs, and never open what the platform bars") {
  run(obeys_rules);
}
TEST_CASE("ports in a sandbox can be dialled; closed ones are unavailable") { run(dials); }
