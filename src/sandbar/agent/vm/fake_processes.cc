// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/fake_processes.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/proc/child.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMaxProcFile = 64 * 1024;
const std::vector<std::string> kUnshare = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored))
    if (auto pid = parse_int(entry.path().filename().string())) pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

pid_t parent_of(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/stat", pid), kMaxProcFile);
  if (!text) return 0;
  auto fields = split(std::string_view(*text).substr(text->rfind(')') + 1), ' ');
  return fields.size() > 2 ? static_cast<pid_t>(parse_int(fields[2]).value_or(0)) : 0;
}

std::string path_variable() {
  const char* path = ::getenv("PATH");
  return fmt::format("PATH={}", path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

// PID 1 of the namespace is a shell: as PID 1 the guest would take itself for a virtual machine's.
std::vector<std::string> command_line(const FakeGuest& guest) {
  std::vector<std::string> command;
  if (guest.own_pids) {
    command = kUnshare;
    for (auto arg : {"sh", "-c", "\"$@\" & wait $!", "sh"}) command.emplace_back(arg);
  }
  for (const auto& arg : {guest.program.string(), std::string("--plain"), std::string("--listen"),
                          "unix:" + guest.socket.string(), std::string("--root"), guest.home.string()})
    command.push_back(arg);
  return command;
}

}  // namespace

bool can_unshare_pids() {
  if (::geteuid() != 0) return false;
  proc::ChildOptions options{.program = kUnshare[0], .args = kUnshare, .env = {path_variable()}};
  options.args.push_back("true");
  auto child = proc::start_child(options);
  int status = 1;
  return child && ::waitpid(child->pid, &status, 0) == child->pid && status == 0;
}

Result<pid_t> start_fake_guest(const FakeGuest& guest) {
  TRY(auto null, open_file("/dev/null", O_RDWR));
  TRY(auto log, open_file(guest.log, O_WRONLY | O_CREAT | O_APPEND));
  proc::ChildOptions options{.args = command_line(guest), .env = {path_variable()}};
  options.program = options.args[0];
  options.fds = {{null.get(), 0}, {log.get(), 1}, {log.get(), 2}};
  options.new_session = true;
  TRY(auto child, proc::start_child(options));
  return child.pid;
}

Result<proc::Child> start_fake_keeper(const fs::path& state) {
  constexpr auto kScript = R"(while [ -e "$1/run" ]; do sleep 2; done; pkill -KILL -f "unix:$1/run/guest-")";
  TRY(auto null, open_file("/dev/null", O_RDWR));
  auto lock = (state / "run" / "keeper.lock").string();
  proc::ChildOptions options{.program = "flock",
                             .args = {"flock", "-n", lock, "sh", "-c", kScript, "keeper", state.string()},
                             .env = {path_variable()}};
  options.fds = {{null.get(), 0}, {null.get(), 1}, {null.get(), 2}};
  options.new_session = true;
  return proc::start_child(options);
}

std::vector<pid_t> process_tree(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (auto pid : all_processes()) children.emplace(parent_of(pid), pid);
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    auto [first, last] = children.equal_range(tree[i]);
    for (auto it = first; it != last; ++it) tree.push_back(it->second);
  }
  return tree;
}

void signal_tree(pid_t root, int signal) {
  for (auto pid : process_tree(root)) ::kill(pid, signal);
}

void stop_tree(pid_t root) {
  std::set<pid_t> stopped;
  for (bool found = true; found;) {
    found = false;
    for (auto pid : process_tree(root))
      if (stopped.insert(pid).second) {
        ::kill(pid, SIGSTOP);
        found = true;
      }
  }
}

std::vector<std::pair<pid_t, std::string>> guests_below(const fs::path& directory) {
  auto prefix = "unix:" + directory.string() + "/";
  std::vector<std::pair<pid_t, std::string>> found;
  for (auto pid : all_processes()) {
    auto text = read_file(fmt::format("/proc/{}/cmdline", pid), kMaxProcFile);
    if (!text) continue;
    for (auto arg : split(*text, '\0'))
      if (arg.starts_with(prefix)) found.emplace_back(pid, std::string(arg.substr(5)));
  }
  return found;
}

}  // namespace sandbar::agent
