// SPDX-License-Identifier: Apache-2.0
#include "sandbar/proc/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

namespace sandbar::proc {
namespace {

enum class Step { identity, terminal, files, cwd, exec };

// Everything that the child needs, made before it exists: it may neither allocate nor lock.
struct Plan {
  const ChildOptions* options;
  std::vector<std::string> candidates;  // programs to try, in order
  std::vector<char*> argv, envp;
  std::vector<std::pair<int, int>> fds;  // in an order that overwrites no source
  std::vector<int> kept;                 // numbers above 2 that the child has, ascending
  std::array<char, 12> oom_text{};
  Step step = Step::exec;
  int error = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

std::string_view path_of(const std::vector<std::string>& env) {
  for (const auto& entry : env)
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

std::vector<std::string> candidates_of(const ChildOptions& options) {
  if (options.program.empty() || options.program.find('/') != std::string::npos) return {options.program};
  std::vector<std::string> out;
  for (auto dir : split(path_of(options.env), ':'))
    out.push_back(fmt::format("{}/{}", dir.empty() ? "." : dir, options.program));
  return out;
}

// glibc's wrappers would change the identity of all our threads: the child shares our memory.
bool take_identity(const Identity& identity) {
  if (syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) != 0) return false;
  if (syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) != 0) return false;
  return syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) == 0;
}

void set_oom_score(const char* text) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] auto written = write(fd, text, std::strlen(text));
  close(fd);
}

// Descriptors that would be overwritten before they are used are moved out of the way first.
bool place_files(Plan& plan) {
  for (auto& [ours, theirs] : plan.fds) {
    if (ours == theirs) continue;
    for (const auto& other : plan.fds)
      if (&other.second != &theirs && other.second == ours) ours = fcntl(ours, F_DUPFD_CLOEXEC, 100);
    if (ours < 0) return false;
  }
  for (auto [ours, theirs] : plan.fds) {
    if (ours == theirs && fcntl(ours, F_SETFD, 0) != 0) return false;
    if (ours != theirs && dup2(ours, theirs) < 0) return false;
  }
  return true;
}

// Here and not by exec: the parent goes on before exec closes anything, and what it closes then must be gone.
void close_others(const Plan& plan) {
  unsigned next = 3;
  for (int kept : plan.kept) {
    auto number = static_cast<unsigned>(kept);
    if (number > next) syscall(SYS_close_range, next, number - 1, 0);
    next = number + 1;
  }
  syscall(SYS_close_range, next, ~0u, 0);
}

std::vector<int> kept_numbers(const ChildOptions& options) {
  std::vector<int> kept;
  for (auto [ours, theirs] : options.fds)
    if (theirs > 2) kept.push_back(theirs);
  std::ranges::sort(kept);
  auto doubles = std::ranges::unique(kept);
  kept.erase(doubles.begin(), doubles.end());
  return kept;
}

// The kernel's default for all that we ignore or block; caught signals are reset by exec itself.
void reset_signals() {
  struct sigaction dflt{};
  dflt.sa_handler = SIG_DFL;
  for (int signal : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGQUIT}) sigaction(signal, &dflt, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

int exec_first(Plan& plan) {
  int worst = ENOENT;
  for (const auto& program : plan.candidates) {
    execve(program.c_str(), plan.argv.data(), plan.envp.data());
    if (errno == EACCES) worst = EACCES;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return errno;
  }
  return worst;
}

[[noreturn]] void give_up(Plan& plan, Step step, int error) {
  plan.step = step;
  plan.error = error;
  _exit(127);
}

int run_child(void* data) {
  auto& plan = *static_cast<Plan*>(data);
  const auto& options = *plan.options;
  if (options.new_session || options.controlling_terminal) setsid();
  if (options.new_group) setpgid(0, 0);
  if (!place_files(plan)) give_up(plan, Step::files, errno);
  close_others(plan);
  if (options.controlling_terminal && ioctl(0, TIOCSCTTY, 0) != 0) give_up(plan, Step::terminal, errno);
  if (options.oom_score_adj) set_oom_score(plan.oom_text.data());
  if (options.identity && !take_identity(*options.identity)) give_up(plan, Step::identity, errno);
  // A change of identity clears it, so it comes after.
  if (options.kill_with_parent) prctl(PR_SET_PDEATHSIG, options.kill_with_parent);
  if (!options.cwd.empty() && chdir(options.cwd.c_str()) != 0) give_up(plan, Step::cwd, errno);
  reset_signals();
  give_up(plan, Step::exec, exec_first(plan));
}

// A stack for the child, for the time until it execs. One per thread, since start_child() waits for that
// moment.
class ChildStack {
 public:
  static constexpr std::size_t kSize = 64 * 1024;
  ChildStack()
      : base_(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~ChildStack() {
    if (base_ != MAP_FAILED) munmap(base_, kSize);
  }
  bool ok() const { return base_ != MAP_FAILED; }
  char* base() const { return static_cast<char*>(base_); }
  char* top() const { return base() + kSize; }

 private:
  void* base_;
};

// clone3(2) has no wrapper in glibc: the child must go on with a function on its own stack.
long clone3_call(clone_args& args, int (*run)(void*), void* data) {
  long result;
#if defined(__x86_64__)
  register int (*fn)(void*) asm("r8") = run;
  register void* arg asm("r9") = data;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "movq %%r9, %%rdi\n\t"
      "callq *%%r8\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(&args), "S"(sizeof args), "r"(fn), "r"(arg)
      : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone3;
  register long x0 asm("x0") = reinterpret_cast<long>(&args);
  register long x1 asm("x1") = sizeof args;
  register int (*fn)(void*) asm("x10") = run;
  register void* arg asm("x11") = data;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, #0\n\t"
      "mov x0, x11\n\t"
      "blr x10\n\t"
      "brk #0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(fn), "r"(arg)
      : "memory");
  result = x0;
#else
#error "start_child needs a clone3 call for this processor"
#endif
  return result;
}

pid_t clone_into_cgroup(Plan& plan, const ChildStack& stack, int* pidfd) {
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP;
  args.pidfd = reinterpret_cast<std::uint64_t>(pidfd);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<std::uint64_t>(stack.base());
  args.stack_size = ChildStack::kSize;
  args.cgroup = static_cast<std::uint64_t>(plan.options->cgroup);
  auto pid = clone3_call(args, run_child, &plan);
  if (pid >= 0) return static_cast<pid_t>(pid);
  errno = static_cast<int>(-pid);
  return -1;
}

pid_t clone_with(Plan& plan, int* pidfd) {
  thread_local ChildStack stack;
  if (!stack.ok()) return errno = ENOMEM, -1;
  if (plan.options->cgroup >= 0) return clone_into_cgroup(plan, stack, pidfd);
  return clone(run_child, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, pidfd);
}

Error exec_error(const std::string& program, int error) {
  auto why = fmt::format("exec {}: {}", program, std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {Errc::not_found, fmt::format("command '{}' not found", program), why};
    case EACCES:
    case EPERM:
      return {Errc::forbidden, fmt::format("command '{}' may not be executed: permission denied", program),
              why};
    case E2BIG:
      return invalid_request("arguments and environment are too long");
    case ENOEXEC:
      return invalid_request(fmt::format("command '{}' is not a program: exec format error", program));
    default:
      return {Errc::internal_error,
              fmt::format("command '{}' could not be executed: {}", program, std::strerror(error)), why};
  }
}

Error failure_of(const Plan& plan) {
  const auto& options = *plan.options;
  auto why = std::strerror(plan.error);
  switch (plan.step) {
    case Step::identity:
      return {Errc::forbidden, fmt::format("may not run as user {}: {}", options.identity->uid, why)};
    case Step::cwd:
      return {plan.error == EACCES ? Errc::forbidden : Errc::invalid_request,
              fmt::format("cwd '{}': {}", options.cwd, why)};
    case Step::terminal:
      return internal_error(fmt::format("TIOCSCTTY: {}", why));
    case Step::files:
      return internal_error(fmt::format("dup2: {}", why));
    case Step::exec:
      break;
  }
  return exec_error(options.program, plan.error);
}

Error clone_error(int error) {
  if (error == EAGAIN || error == ENOMEM)
    return {Errc::rate_limited, "there is no room for another process",
            fmt::format("clone: {}", std::strerror(error))};
  return errno_error("clone", error);
}

}  // namespace

Result<Child> start_child(const ChildOptions& options) {
  Plan plan{&options,    candidates_of(options), pointers(options.args), pointers(options.env),
            options.fds, kept_numbers(options)};
  if (options.args.empty()) plan.argv.insert(plan.argv.begin(), const_cast<char*>(options.program.c_str()));
  if (options.oom_score_adj)
    *fmt::format_to_n(plan.oom_text.data(), plan.oom_text.size() - 1, "{}", *options.oom_score_adj).out = 0;

  // No handler of ours may run in the child while it shares our memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  auto pid = clone_with(plan, &pidfd);
  int clone_failure = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);

  if (pid < 0) return fail(clone_error(clone_failure));
  Child child{pid, Fd(pidfd)};
  if (plan.error == 0) return child;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return fail(failure_of(plan));
}

}  // namespace sandbar::proc
