// SPDX-License-Identifier: Apache-2.0
#include "sandbar/proc/reaper.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "sandbar/base/check.h"

namespace sandbar::proc {
namespace {

int sigchld_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  SANDBAR_CHECK(fd >= 0);
  return fd;
}

}  // namespace

Ending ending_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {-1, WTERMSIG(wait_status)};
  return {WEXITSTATUS(wait_status), 0};
}

Reaper::Reaper(Executor executor) : signal_(executor, sigchld_descriptor()) { arm(); }

void Reaper::arm() {
  signal_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                       if (error) return;
                       signalfd_siginfo info;
                       while (read(signal_.native_handle(), &info, sizeof info) > 0) {
                       }
                       reap();
                       arm();
                     });
}

void Reaper::watch(pid_t pid, OnEnd on_end) {
  auto ended = unclaimed_.extract(pid);
  if (!ended) {
    watched_[pid] = std::move(on_end);
    return;
  }
  boost::asio::post(signal_.get_executor(),
                    [on_end = std::move(on_end), ending = ended.mapped()] { on_end(ending); });
}

void Reaper::stop_expecting() {
  if (--expected_ == 0) unclaimed_.clear();
}

void Reaper::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    auto found = watched_.extract(pid);
    if (found) {
      found.mapped()(ending_of(status));
    } else if (expected_ > 0) {
      unclaimed_[pid] = ending_of(status);
    }
  }
}

}  // namespace sandbar::proc
