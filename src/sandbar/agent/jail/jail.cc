// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/jail/jail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbar/base/check.h"

namespace sandbar::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStackSize = 256 * 1024;
constexpr int kHighFd = 512;  // above every number that a child's descriptor gets

// Everything that the child needs, laid out before it starts: it shares our memory and may be the fork of any
// thread, so it makes system calls and nothing else.
struct Plan {
  struct Step {
    enum Kind { directory, file, bind, symlink } kind;
    std::string path, source;
    unsigned long flags = 0;
  };
  const JailSpec& spec;
  std::vector<Step> steps;
  std::vector<char*> argv, env;
  const char* failed_at = nullptr;  // written by the child
  int error = 0;
};

unsigned long bind_flags(JailBind::Access access) {
  unsigned long flags = MS_NOSUID;
  if (access != JailBind::Access::device) flags |= MS_NODEV;
  if (access == JailBind::Access::read) flags |= MS_RDONLY;
  if (access == JailBind::Access::write) flags |= MS_NOEXEC;
  return flags;
}

void plan_directories(Plan& plan, const fs::path& directory) {
  fs::path sofar;
  for (const auto& part : directory.relative_path()) {
    sofar /= part;
    plan.steps.push_back({Plan::Step::directory, sofar.string(), {}});
  }
}

void plan_bind(Plan& plan, const JailBind& bind) {
  auto target = bind.target.relative_path();
  plan_directories(plan, target.parent_path());
  std::error_code ignored;
  bool directory = fs::is_directory(bind.source, ignored);
  plan.steps.push_back({directory ? Plan::Step::directory : Plan::Step::file, target.string(), {}});
  plan.steps.push_back({Plan::Step::bind, target.string(), bind.source.string(), bind_flags(bind.access)});
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

Plan make_plan(const JailSpec& spec) {
  Plan plan{.spec = spec, .argv = pointers(spec.argv), .env = pointers(spec.env)};
  for (const auto& bind : spec.binds) plan_bind(plan, bind);
  for (const auto& [to, path] : spec.symlinks) {
    auto link = fs::path(path).relative_path();
    plan_directories(plan, link.parent_path());
    plan.steps.push_back({Plan::Step::symlink, link.string(), to});
  }
  return plan;
}

// The child's half. `check` leaves with the name of the first call that failed.

bool note(Plan& plan, const char* what, bool good) {
  if (!good) {
    plan.failed_at = what;
    plan.error = errno;
  }
  return good;
}

bool join_cgroups(Plan& plan) {
  return std::ranges::all_of(plan.spec.cgroup_procs,
                             [&](int fd) { return note(plan, "join the cgroup", ::write(fd, "0", 1) == 1); });
}

bool do_bind(const Plan::Step& step) {
  if (::mount(step.source.c_str(), step.path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
  return ::mount(nullptr, step.path.c_str(), nullptr, MS_BIND | MS_REMOUNT | step.flags, nullptr) == 0;
}

bool run_step(const Plan::Step& step) {
  switch (step.kind) {
    case Plan::Step::directory:
      return ::mkdir(step.path.c_str(), 0755) == 0 || errno == EEXIST;
    case Plan::Step::file:
      return ::mknod(step.path.c_str(), S_IFREG | 0444, 0) == 0 || errno == EEXIST;
    case Plan::Step::symlink:
      return ::symlink(step.source.c_str(), step.path.c_str()) == 0;
    case Plan::Step::bind:
      return do_bind(step);
  }
  return false;
}

bool build_root(Plan& plan) {
  const char* root = plan.spec.root.c_str();
  unsigned long flags = MS_NOSUID | MS_NODEV;
  if (!note(plan, "make mounts private", ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) ||
      !note(plan, "mount a root",
            ::mount("jail", root, "tmpfs", flags, "mode=0755,size=64k,nr_inodes=128") == 0) ||
      !note(plan, "enter the root", ::chdir(root) == 0))
    return false;
  for (const auto& step : plan.steps)
    if (!note(plan, step.path.c_str(), run_step(step))) return false;
  return true;
}

bool enter_root(Plan& plan) {
  unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
  return note(plan, "pivot_root", ::syscall(SYS_pivot_root, ".", ".") == 0) &&
         note(plan, "leave the old root", ::umount2(".", MNT_DETACH) == 0) &&
         note(plan, "chdir", ::chdir("/") == 0) &&
         note(plan, "make the root read-only", ::mount(nullptr, "/", nullptr, flags, nullptr) == 0);
}

bool place(int from, int to) { return ::dup2(from, to) == to; }

bool arrange_fds(Plan& plan) {
  int high[64];
  const auto& fds = plan.spec.fds;
  for (std::size_t i = 0; i < fds.size(); ++i) {
    high[i] = ::fcntl(fds[i], F_DUPFD_CLOEXEC, kHighFd);
    if (!note(plan, "move a descriptor", high[i] >= 0)) return false;
  }
  int output = ::fcntl(plan.spec.output, F_DUPFD_CLOEXEC, kHighFd);
  int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool placed = place(null, 0) && place(output, 1) && place(output, 2);
  for (std::size_t i = 0; i < fds.size() && placed; ++i) placed = place(high[i], static_cast<int>(i) + 3);
  return note(plan, "place the descriptors", placed) &&
         note(plan, "close the others", ::syscall(SYS_close_range, fds.size() + 3, ~0U, 0) == 0);
}

bool set_limit(int which, rlim_t value) {
  rlimit limit{value, value};
  return ::setrlimit(static_cast<__rlimit_resource>(which), &limit) == 0;
}

bool set_limits(Plan& plan) {
  const auto& limits = plan.spec.limits;
  return note(plan, "limit resources",
              set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_NOFILE, limits.open_files) &&
                  set_limit(RLIMIT_MEMLOCK, 0) && set_limit(RLIMIT_MSGQUEUE, 0) &&
                  set_limit(RLIMIT_FSIZE, limits.file_bytes ? limits.file_bytes : RLIM_INFINITY));
}

// The raw calls: the C library's would change the ids of all our threads.
bool drop_privileges(Plan& plan) {
  for (unsigned long cap = 0; cap <= CAP_LAST_CAP; ++cap)
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EINVAL)
      return note(plan, "drop capabilities", false);
  auto id = plan.spec.uid;
  return note(plan, "drop groups", ::syscall(SYS_setgroups, 0, nullptr) == 0) &&
         note(plan, "change the group", ::syscall(SYS_setresgid, id, id, id) == 0) &&
         note(plan, "change the user", ::syscall(SYS_setresuid, id, id, id) == 0) &&
         note(plan, "no new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

void reset_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Before the user changes: a victim of the kernel's choice when memory runs out should be a sandbox, never
// the agent.
void offer_to_oom_killer() {
  int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && ::write(fd, "500", 3) != 3) return;
}

int child_main(void* argument) {
  Plan& plan = *static_cast<Plan*>(argument);
  reset_signals();
  ::setsid();
  ::umask(0);
  offer_to_oom_killer();
  // Our copies of the agent's descriptors go before the slow steps: what it closes meanwhile must be closed.
  bool ready = join_cgroups(plan) && arrange_fds(plan) && build_root(plan) && enter_root(plan) &&
               set_limits(plan) && drop_privileges(plan);
  if (ready) {
    ::umask(077);
    ::execve(plan.argv[0], plan.argv.data(), plan.env.data());
    note(plan, plan.argv[0], false);
  }
  ::_exit(127);
}

class Stack {
 public:
  Stack()
      : at_(::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
                   0)) {
    SANDBAR_CHECK(at_ != MAP_FAILED);
  }
  Stack(const Stack&) = delete;
  ~Stack() { ::munmap(at_, kStackSize); }
  void* top() { return static_cast<char*>(at_) + kStackSize; }

 private:
  void* at_;
};

pid_t clone_child(Plan& plan, int& pidfd) {
  Stack stack;
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  constexpr int kFlags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                         CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
  pid_t pid = ::clone(child_main, stack.top(), kFlags, &plan, &pidfd);
  int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

}  // namespace

Result<JailedProcess> start_jailed(const JailSpec& spec) {
  SANDBAR_CHECK(spec.uid != 0 && !spec.argv.empty() && spec.output >= 0 && spec.fds.size() <= 64);
  auto plan = make_plan(spec);
  int pidfd = -1;
  pid_t pid = clone_child(plan, pidfd);
  if (pid < 0) return fail(errno_error("clone a jail", errno));
  JailedProcess process{pid, proc::Fd(pidfd)};
  if (!plan.failed_at) return process;
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), nullptr, WEXITED);
  return fail(errno_error(fmt::format("jail of {}: {}", spec.argv[0], plan.failed_at), plan.error));
}

void add_system_libraries(JailSpec& spec) {
  for (const char* path : {"/usr/lib", "/usr/lib64"})
    if (fs::exists(path)) spec.binds.push_back({path, path});
  for (const char* path : {"/etc/ld.so.cache", "/etc/ld.so.conf"})
    if (fs::exists(path)) spec.binds.push_back({path, path});
  spec.symlinks.emplace_back("usr/lib", "/lib");
  if (fs::exists("/usr/lib64")) spec.symlinks.emplace_back("usr/lib64", "/lib64");
  spec.binds.push_back({"/dev/null", "/dev/null", JailBind::Access::device});
  spec.binds.push_back({"/dev/urandom", "/dev/urandom", JailBind::Access::device});
}

}  // namespace sandbar::agent
