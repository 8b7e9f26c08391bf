// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "sandbar/async/spawn.h"
#include "sandbar/guest/app.h"
#include "sandbar/guest/boot.h"
#include "sandbar/guest/memory_guard.h"
#include "sandbar/guest/options.h"
#include "sandbar/guest/serial_port.h"
#include "sandbar/log/log.h"

namespace sandbar::guest {
namespace {

Task<void> serve(App& app, http::Server& server, Options options) {
  if (options.warm_up) co_await app.warm_up();
  for (const auto& address : options.listen)
    if (auto listening = server.listen(address, false); !listening) {
      log::error("cannot listen", {{"address", address}, {"error", listening.error()}});
      if (options.plain) std::exit(1);
    }
  log::info("ready", {{"port", server.port()}});
}

// What `poweroff` and `halt` send to PID 1.
void watch_power(boost::asio::signal_set& signals) {
  for (int number : {SIGTERM, SIGINT, SIGUSR2, SIGPWR}) signals.add(number);
  signals.async_wait([](boost::system::error_code error, int) {
    if (!error) power_off();
  });
}

int run(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  umask(022);
  boost::asio::io_context io(1);
  proc::Reaper reaper(io.get_executor());
  auto session = options.session();
  if (!options.plain) boot(session);
  App app(io.get_executor(), reaper, std::move(session));
  http::ServerLimits limits;
  limits.body_idle = std::chrono::minutes(5);  // an upload may come from a slow pipe
  auto server = http::make_server(io.get_executor(), std::bind_front(&App::handle, &app), limits);
  boost::asio::signal_set power(io);
  if (!options.plain) {
    watch_power(power);
    spawn(io.get_executor(), "serve the serial port", serve_port(io.get_executor(), *server));
    spawn(io.get_executor(), "guard memory", guard_memory(kCommandsCgroup));
  }
  spawn(io.get_executor(), "serve", serve(app, *server, options));
  io.run();
  return 0;
}

}  // namespace
}  // namespace sandbar::guest

int main(int argc, char** argv) {
  auto options = sandbar::guest::parse_options({argv + 1, argv + argc}, getpid() == 1);
  if (!options) {
    fmt::print(stderr, "sandbar-guest: {}\n", options.error().message);
    return 2;
  }
  if (!options->print.empty()) {
    fmt::print("{}", options->print);
    return 0;
  }
  return sandbar::guest::run(*options);
}
