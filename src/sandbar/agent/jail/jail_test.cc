// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/cgroup.h"
#include "sandbar/agent/jail/jail.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/base/strings.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

constexpr uid_t kUser = 1'899'999'999;

struct Scratch {
  fs::path path = [] {
    char name[] = "/tmp/sandbar-jail-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  ~Scratch() { fs::remove_all(path); }
};

struct Shell {
  Scratch scratch;
  proc::Fd output{::memfd_create("output", MFD_CLOEXEC)};
  JailSpec spec;

  explicit Shell(std::string script) {
    fs::create_directory(scratch.path / "root");
    spec.argv = {"/bin/sh", "-c", "PATH=/bin; " + std::move(script)};
    spec.uid = kUser;
    spec.root = scratch.path / "root";
    spec.output = output.get();
    add_system_libraries(spec);
    for (const char* tool : {"sh", "id", "ls", "cat", "hostname", "kill", "grep"})
      if (auto path = std::string("/usr/bin/") + tool; fs::exists(path))
        spec.binds.push_back({path, std::string("/bin/") + tool});
  }

  std::string run() {
    auto process = start_jailed(spec);
    REQUIRE_MESSAGE(process, process.error().detail);
    siginfo_t info{};
    REQUIRE(::waitid(P_PIDFD, static_cast<id_t>(process->pidfd.get()), &info, WEXITED) == 0);
    std::string text(64 * 1024, '\0');
    text.resize(static_cast<std::size_t>(::pread(output.get(), text.data(), text.size(), 0)));
    return text;
  }
};

bool root() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("a jailed program has its own user, no capabilities, and is process 1 of its world" *
          doctest::skip(!root())) {
  Shell shell("id -u; id -G; echo pid $$; ulimit -c");
  CHECK(shell.run() == "1899999999\n1899999999\npid 1\n0\n");
}

TEST_CASE("a jailed program sees the listed paths and nothing else" * doctest::skip(!root())) {
  Shell shell(
      "ls /; ls /etc; echo x >/file; echo x >/shown/file; cat /shown/file; echo x > /mine/file && cat "
      "/mine/file");
  fs::create_directory(shell.scratch.path / "shown");
  fs::create_directory(shell.scratch.path / "mine");
  ::chmod((shell.scratch.path / "mine").c_str(), 0777);
  REQUIRE(replace_file(shell.scratch.path / "shown/file", "read me\n", 0644));
  ::chmod((shell.scratch.path / "shown").c_str(), 0777);
  ::chmod((shell.scratch.path / "shown/file").c_str(), 0666);
  shell.spec.binds.push_back({shell.scratch.path / "shown", "/shown"});
  shell.spec.binds.push_back({shell.scratch.path / "mine", "/mine", JailBind::Access::write});
  auto said = shell.run();
  CHECK(said.starts_with("bin\ndev\netc\nlib\nlib64\nmine\nshown\nusr\nld.so.cache\n"));
  CHECK(said.find("read me\n") != std::string::npos);
  CHECK(said.find("/shown/file: Read-only file system") != std::string::npos);
  CHECK(said.find("/file: Read-only file system") != std::string::npos);
  CHECK(said.ends_with("x\n"));
}

TEST_CASE("a jailed program inherits the listed descriptors and no others" * doctest::skip(!root())) {
  Shell shell("cat <&3; (: <&4) && echo four; (: <&9) && echo nine");
  proc::Fd given(::memfd_create("given", 0)), other(::memfd_create("other", 0));
  ::dup2(other.get(), 9);
  REQUIRE(write_fully(given.get(), "given\n"));
  ::lseek(given.get(), 0, SEEK_SET);
  shell.spec.fds = {given.get()};
  auto said = shell.run();
  ::close(9);
  CHECK(said.starts_with("given\n"));
  CHECK(said.find("four") == std::string::npos);
  CHECK(said.find("nine") == std::string::npos);
}

TEST_CASE("a program that cannot be started is an error that names the step" * doctest::skip(!root())) {
  Shell shell("true");
  SUBCASE("missing program") {
    shell.spec.argv[0] = "/bin/nothing";
    auto process = start_jailed(shell.spec);
    REQUIRE_FALSE(process);
    CHECK(process.error().detail.find("/bin/nothing") != std::string::npos);
  }
  SUBCASE("missing path") {
    shell.spec.binds.push_back({"/no/such/file", "/file"});
    auto process = start_jailed(shell.spec);
    REQUIRE_FALSE(process);
    CHECK(process.error().detail.find("file") != std::string::npos);
  }
}

TEST_CASE("a cgroup limits the processes of a jail and can be removed when they are gone" *
          doctest::skip(!root())) {
  Shell shell("for i in 1 2 3 4 5 6 7 8; do cat /dev/null & done; wait; echo done");
  auto cgroups = Cgroups::open("sandbar-jail-test", shell.scratch.path);
  if (cgroups.controllers().find("pids") == std::string::npos) return;
  auto procs = cgroups.create("one", {.memory_bytes = 64 << 20, .cpu_percent = 100, .processes = 3});
  REQUIRE(procs);
  for (const auto& fd : *procs) shell.spec.cgroup_procs.push_back(fd.get());
  CHECK(shell.run().find("fork") != std::string::npos);
  CHECK(cgroups.groups() == std::vector<std::string>{"one"});
  cgroups.remove("one");
  CHECK(cgroups.groups().empty());
  cgroups.remove(".");
}

TEST_CASE("a cgroup in the background gets less of the processor than others, until it comes forward" *
          doctest::skip(!root())) {
  Shell shell("true");
  auto cgroups = Cgroups::open("sandbar-jail-test", shell.scratch.path);
  REQUIRE(cgroups.create("one", {.memory_bytes = 64 << 20, .cpu_percent = 100, .processes = 3}));
  auto share = [] {
    for (const char* file : {"/sys/fs/cgroup/cpu/sandbar-jail-test/one/cpu.shares",
                             "/sys/fs/cgroup/cpu,cpuacct/sandbar-jail-test/one/cpu.shares",
                             "/sys/fs/cgroup/sandbar-jail-test/one/cpu.weight"})
      if (auto text = read_file(file, 64)) return *parse_int(trim(*text));
    return std::int64_t{-1};
  };
  auto usual = share();
  cgroups.set_background("one", true);
  if (usual > 0) CHECK(share() < usual / 10);
  cgroups.set_background("one", false);
  CHECK(share() == usual);
  cgroups.remove("one");
  cgroups.remove(".");
}

TEST_CASE("a process is found again by pid and start time, and not by the pid alone") {
  auto stat = stat_process(::getpid());
  REQUIRE(stat);
  CHECK(open_process(::getpid(), stat->start_time));
  CHECK(open_process(::getpid(), stat->start_time + 1).error().code == Errc::not_found);
  CHECK(*private_memory(::getpid()) > 0);
}
