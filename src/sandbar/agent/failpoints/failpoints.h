// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/base/id.h"
#include "sandbar/http/server.h"
#include "sandbar/json/decode.h"
#include "sandbar/rpc/connect_server.h"

// Trouble on demand, for tests of control: a fake host that refuses, hangs, is late, loses its answers, lies
// or dies. It exists with the fake hypervisor only, and is steered from outside over the unix socket
// run/failpoints.sock of the state directory, which plain HTTP speaks to:
//   GET /failpoints             those that are set, with how often each has struck
//   PUT /failpoints [{…}]       instead of those that are set; POST adds one, DELETE removes all
//   GET /sandboxes              what the host really holds, whatever it tells control
//   DELETE /vms/{id}            ends a sandbox's machine, as a crash of it would
// Failpoints live as long as the process.

namespace sandbar::agent {

enum class Fault {
  refuse,  // answers with `code`; nothing is done
  hang,    // never answers; nothing is done
  late,    // does the work after `delay_ms`
  lose,    // does the work and drops the connection instead of answering
  lie,     // ListSandboxes: `hide`, `invent` and `claim` change the answer; others: `about` and `timeout_s`
  die,     // the process is gone before the work, or with `after_work` behind it
};
BOOST_DESCRIBE_ENUM(Fault, refuse, hang, late, lose, lie, die)

struct Failpoint {
  std::string method;  // "CreateSandbox"; "*" is every method
  Fault fault = Fault::refuse;
  std::optional<int> count;  // strikes so many times; none: until it is removed
  json::Defaulted<std::string> code{"unavailable"};
  std::int64_t delay_ms = 0;
  bool after_work = false;
  std::vector<SandboxId> hide;               // not listed
  std::vector<SandboxId> invent;             // listed as running
  std::map<std::string, std::string> claim;  // wire id to the status that is listed: "running", "paused" …
  std::optional<SandboxId> about;            // whom a report of one sandbox tells of
  std::optional<std::int64_t> timeout_s;     // and its timeout
  int hits = 0;
};
BOOST_DESCRIBE_STRUCT(Failpoint, (),
                      (method, fault, count, code, delay_ms, after_work, hide, invent, claim, about,
                       timeout_s, hits))

struct HeldSandbox {
  SandboxId id;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(HeldSandbox, (), (id, status))

class Failpoints {
 public:
  struct Host {
    std::function<std::vector<HeldSandbox>()> sandboxes;
    std::function<VmPtr(SandboxId)> machine;  // nullptr: there is none
  };

  explicit Failpoints(Host host) : host_(std::move(host)) {}

  // Begins to listen for orders. The path must be short, as a unix socket's is.
  Result<void> listen(Executor executor, const std::string& socket);
  Task<void> shut_down();

  // A call of control, with whatever is to go wrong with it.
  Task<void> serve(http::Exchange& exchange, rpc::ConnectServer& rpc);

 private:
  // Which failpoint strikes now; counts it.
  std::optional<Failpoint> strike(std::string_view method);
  Task<void> obey(http::Exchange& exchange);
  Task<Result<http::Response>> order(http::Exchange& exchange);
  Result<http::Response> change(const std::string& method, const std::string& body);

  Host host_;
  std::vector<Failpoint> points_;
  http::ServerPtr server_;
};

}  // namespace sandbar::agent
