// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <process/process.pb.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/async/blocking.h"
#include "sandbar/async/event.h"
#include "sandbar/proc/child.h"
#include "sandbar/proc/pty.h"
#include "sandbar/proc/reaper.h"

// One command that a client started, with its input and its output. Output goes to every Subscription; with
// none it is read and dropped, so that nobody's absence stops the command. What slow subscribers do to it is
// told in README.md. All members are used from the event loop's thread.

namespace sandbar::guest {

// An event as it is sent. ConnectResponse has the same encodings as StartResponse, so one value serves both.
using ProcessMessage = std::shared_ptr<const process::StartResponse>;

class Subscription;

class Process : public std::enable_shared_from_this<Process> {
 public:
  struct Options {
    proc::ChildOptions child;  // without its descriptors
    process::ProcessConfig config;
    std::optional<std::string> tag;
    std::optional<proc::TerminalSize> terminal;
    bool with_stdin = true;                                         // else /dev/null
    std::optional<std::chrono::steady_clock::time_point> deadline;  // it is killed then
  };
  using Ptr = std::shared_ptr<Process>;
  static constexpr std::size_t kMaxSubscribers = 64;

  // `on_end` is called once, when the last output has been read and the process has been reaped.
  // The start itself happens on `pool`: in a sandbox that is out of processor or memory it may take long.
  static Task<Result<Ptr>> start(Executor executor, proc::Reaper& reaper, BlockingPool& pool, Options options,
                                 std::function<void(Process&)> on_end);
  explicit Process(Executor executor, Options options);

  pid_t pid() const { return pid_; }
  const process::ProcessConfig& config() const { return options_.config; }
  const std::optional<std::string>& tag() const { return options_.tag; }
  bool is_terminal() const { return options_.terminal.has_value(); }

  // Waits while the process does not read; inputs are written in the order of the calls.
  Task<Result<void>> write_input(std::string bytes);
  Result<void> close_input();
  Result<void> resize(proc::TerminalSize size);
  // To the process itself, not to its group. not_found once it has ended.
  Result<void> signal(int number);

  bool ended() const { return ended_at_.has_value(); }
  std::chrono::steady_clock::time_point ended_at() const { return *ended_at_; }
  bool killed_by_deadline() const { return killed_by_deadline_; }
  process::StartResponse end_event() const;
  std::size_t subscribers() const { return subscriptions_.size(); }

 private:
  friend class Subscription;
  enum class Channel { out, err, pty };
  struct Pump {
    Channel channel;
    boost::asio::posix::stream_descriptor from;
    bool paused = false;
  };

  Task<Result<void>> spawn(proc::Reaper& reaper, BlockingPool& pool);
  Result<std::vector<proc::Fd>> connect_pipes(proc::ChildOptions& child);
  Result<std::vector<proc::Fd>> connect_terminal(proc::ChildOptions& child);
  void add_pump(Channel channel, proc::Fd fd);
  void arm_deadline();
  void wait_readable(Pump& pump);
  void read_some(Pump& pump);
  bool read_once(Pump& pump, std::size_t& got);
  void drain_after_kill();
  void publish(Channel channel, std::string_view bytes);
  void on_reaped(proc::Ending ending);
  void end_if_complete();

  bool has_full_subscriber() const;
  void resume_reading();
  void watch_for_stall();
  void drop_stalled();
  boost::asio::posix::stream_descriptor& input();
  Task<Result<void>> write_all_input(std::string_view bytes);

  Executor executor_;
  Options options_;
  std::function<void(Process&)> on_end_;
  pid_t pid_ = 0;
  std::vector<Pump> pumps_;
  std::optional<boost::asio::posix::stream_descriptor> stdin_;
  Event input_free_;
  bool input_busy_ = false;
  std::size_t waiting_input_ = 0;
  boost::asio::steady_timer deadline_, stall_;
  bool stall_armed_ = false;
  std::optional<proc::Ending> ending_;
  std::optional<std::chrono::steady_clock::time_point> ended_at_;
  bool killed_ = false, killed_by_deadline_ = false;
  std::vector<Subscription*> subscriptions_;
};

}  // namespace sandbar::guest
