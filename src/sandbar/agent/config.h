// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/settings.h"
#include "sandbar/log/log.h"

// How the program was started: settings from the environment and .env, and the command line.

namespace sandbar::log {
BOOST_DESCRIBE_ENUM(Level, debug, info, warn, error)
}

namespace sandbar::agent {

enum class HypervisorKind { qemu, fake };
BOOST_DESCRIBE_ENUM(HypervisorKind, qemu, fake)

// What an orderly stop does to running sandboxes: pause them, or leave them to the next agent (for an
// upgrade).
enum class OnStop { pause, keep };
BOOST_DESCRIBE_ENUM(OnStop, pause, keep)

// What a fake sandbox is: the guest program as a process, or nothing but an entry.
enum class FakeGuests { processes, none };
BOOST_DESCRIBE_ENUM(FakeGuests, processes, none)

// How templates of other hosts are read.
enum class TransferRoute {
  direct,   // from the host itself, through control if it cannot be reached
  control,  // always through control, where hosts must not speak with each other
};
BOOST_DESCRIBE_ENUM(TransferRoute, direct, control)

// Control calls this agent, or this agent connects to control and the calls come back that way.
enum class Connect { automatic, direct, tunnel };
BOOST_DESCRIBE_ENUM(Connect, automatic, direct, tunnel)

struct Config {
  std::string control_url, listen, state;
  HypervisorKind hypervisor = HypervisorKind::qemu;
  FakeGuests fake_guests = FakeGuests::processes;
  OnStop on_stop = OnStop::pause;
  std::chrono::milliseconds heartbeat_interval, reaper_period, sample_period, guest_ready, pause_all_limit,
      keep_paused;
  int failures_to_isolate = 3, transfer_rate = 0, port_connections = 1000, parked_vms = 4;
  TransferRoute transfer_route = TransferRoute::direct;
  Connect connect = Connect::automatic;
  int tunnel_connections = 8;
  log::Level log_level = log::Level::info;
  std::string control_ca;
};

enum class Command { run, build_template, print_config, version, help };

struct Options {
  Command command = Command::run;
  Config config;
  std::string register_token, address;  // run: register first; the address is "tunnel" if there is none
  std::string definition, template_id;  // build_template
  std::string config_text;              // print_config
};

Result<Options> parse_options(std::vector<std::string> arguments, Environment environment);
std::string usage();

}  // namespace sandbar::agent
