// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/serial_port.h"

#include <fcntl.h>

#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/guest/small_file.h"
#include "sandbar/http/handover.h"
#include "sandbar/serial/line.h"

namespace sandbar::guest {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPorts = "/sys/class/virtio-ports";
constexpr std::string_view kName = "sandbar\n";  // as QEMU was told

proc::Fd open_port() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kPorts, ignored)) {
    if (read_small_file(entry.path() / "name", 64) != kName) continue;
    auto device = "/dev/" + entry.path().filename().string();
    return proc::Fd(::open(device.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  }
  return {};
}

}  // namespace

Task<void> serve_port(Executor executor, http::Server& server) {
  for (int i = 0; i < 250; ++i) {
    if (auto port = open_port()) {
      serial::Line::start(executor, std::move(port), [&server](http::ByteStreamPtr stream) {
        http::serve_stream(server, std::move(stream));
      });
      co_return;
    }
    co_await sleep_for(20ms);
  }
}

}  // namespace sandbar::guest
