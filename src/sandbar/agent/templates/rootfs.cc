// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/rootfs.h"

#include <algorithm>
#include <array>
#include <span>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/templates/kernel.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

// Documentation is a third of a small system, and nobody reads it in a sandbox.
constexpr auto kLeftOut = std::to_array<std::string_view>(
    {"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*",
     "/usr/share/lintian/*", "/usr/share/bug/*", "/usr/share/doc-base/*"});
constexpr auto kKeptAfterAll =
    std::to_array<std::string_view>({"/usr/share/locale/locale.alias", "/usr/share/doc/*/copyright"});

// The folder of kept packages is the current one in these hooks; $1 is the tree.
constexpr std::string_view kBringPackages =
    "find . -maxdepth 1 -name '*.deb' -atime +30 -delete; to=\"$1/var/cache/apt/archives\"; mkdir -p "
    "\"$to\"; "
    "cp -l ./*.deb \"$to\" 2>/dev/null || cp ./*.deb \"$to\" 2>/dev/null || true";
constexpr std::string_view kKeepPackages =
    "from=\"$1/var/cache/apt/archives\"; cp -ln \"$from\"/*.deb . 2>/dev/null || cp -n \"$from\"/*.deb . || "
    "true";

constexpr std::string_view kHosts = "127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost ip6-loopback\n";
constexpr std::string_view kResolvers =
    "nameserver 1.1.1.1\nnameserver 8.8.8.8\noptions timeout:2 attempts:2\n";

// Only the machine's Debian sources: others (a vendor's repository) are not what a sandbox asked for.
Task<Result<std::string>> debian_sources(std::filesystem::path apt) {
  std::vector<std::string> list{"apt-get",
                                "indextargets",
                                "--format",
                                "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                                "Created-By: Packages",
                                "Origin: Debian"};
  CO_TRY(auto text, co_await read_tool({.command = apt_command(apt, std::move(list))}));
  auto lines = split(text, '\n');
  std::ranges::sort(lines);
  std::string sources;
  auto repeated = std::ranges::unique(lines);
  lines.erase(repeated.begin(), repeated.end());
  for (auto line : lines)
    if (!line.empty()) sources += fmt::format("{}\n", line);
  if (sources.empty())
    co_return fail(Error{Errc::unavailable, "apt knows no Debian packages: is there a network?"});
  co_return sources;
}

Task<Result<std::string>> codename() {
  CO_TRY(auto text,
         co_await read_tool({.command = {"sh", "-c", ". /etc/os-release && echo \"$VERSION_CODENAME\""}}));
  co_return std::string(trim(text));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += fmt::format("{}{}", text.empty() ? "" : ",", word);
  return text;
}

std::vector<std::string> mmdebstrap_command(const RootfsPlan& plan, const std::vector<std::string>& packages,
                                            const std::string& suite, const std::filesystem::path& sources) {
  std::vector<std::string> command{"mmdebstrap",
                                   "--verbose",
                                   "--mode=root",
                                   "--variant=minbase",
                                   "--format=directory",
                                   "--aptopt=APT::Install-Recommends \"false\"",
                                   "--dpkgopt=force-unsafe-io",
                                   "--skip=download/empty",
                                   "--skip=essential/unlink"};
  for (auto path : kLeftOut) command.push_back(fmt::format("--dpkgopt=path-exclude={}", path));
  for (auto path : kKeptAfterAll) command.push_back(fmt::format("--dpkgopt=path-include={}", path));
  if (!packages.empty()) command.push_back("--include=" + joined(packages));
  command.push_back(fmt::format("--setup-hook={}", kBringPackages));
  command.push_back(fmt::format("--customize-hook={}", kKeepPackages));
  for (const auto& last : {suite, plan.tree.string(), sources.string()}) command.push_back(last);
  return command;
}

// Turns what mmdebstrap prints into percentages. Nearly all of its time goes to dpkg, which prints two lines
// a package.
class PackageProgress {
 public:
  explicit PackageProgress(Progress progress) : progress_(std::move(progress)) {}

  void operator()(std::string_view line) {
    progress_.line(line);
    if (line.starts_with("I: installing essential")) begin(20, 50, "setting up the system");
    if (line.starts_with("I: installing remaining")) begin(50, 100, "installing packages");
    if (line.starts_with("I: downloading packages")) progress_.step(10, "downloading packages");
    if (auto at = line.find(" newly installed"); at != line.npos) count_packages(line);
    if (line.starts_with("Unpacking ") || line.starts_with("Setting up ")) advance();
  }

 private:
  void count_packages(std::string_view line) {
    auto words = split(line, ' ');  // "0 upgraded, 94 newly installed, …"
    if (words.size() > 2) expected_ = 2 * static_cast<int>(parse_int(words[2]).value_or(0));
  }
  void begin(int from, int to, std::string what) {
    from_ = from, to_ = to, done_ = 0, shown_ = from, what_ = std::move(what);
    progress_.step(from, what_);
  }
  void advance() {
    ++done_;
    auto now = expected_ > 0 ? from_ + (to_ - from_) * std::min(done_, expected_) / expected_ : from_;
    if (now < shown_ + 5) return;
    shown_ = now;
    progress_.step(now, what_);
  }

  Progress progress_;
  std::string what_;
  int expected_ = 0, done_ = 0, from_ = 0, to_ = 0, shown_ = 0;
};

// No user namespace: files must get their real owners.
constexpr auto kConfinement =
    std::to_array<std::string_view>({"--dev",
                                     "/dev",
                                     "--proc",
                                     "/proc",
                                     "--ro-bind",
                                     "/proc/sys",
                                     "/proc/sys",
                                     "--ro-bind-try",
                                     "/proc/sysrq-trigger",
                                     "/proc/sysrq-trigger",
                                     "--tmpfs",
                                     "/run",
                                     "--unshare-pid",
                                     "--unshare-ipc",
                                     "--unshare-uts",
                                     "--unshare-cgroup-try",
                                     "--die-with-parent",
                                     "--new-session",
                                     "--clearenv",
                                     "--setenv",
                                     "PATH",
                                     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                     "--setenv",
                                     "HOME",
                                     "/root",
                                     "--setenv",
                                     "LC_ALL",
                                     "C.UTF-8",
                                     "--setenv",
                                     "DEBIAN_FRONTEND",
                                     "noninteractive",
                                     "--cap-drop",
                                     "ALL",
                                     "--cap-add",
                                     "CAP_CHOWN",
                                     "--cap-add",
                                     "CAP_DAC_OVERRIDE",
                                     "--cap-add",
                                     "CAP_FOWNER",
                                     "--cap-add",
                                     "CAP_FSETID",
                                     "--cap-add",
                                     "CAP_KILL",
                                     "--cap-add",
                                     "CAP_SETGID",
                                     "--cap-add",
                                     "CAP_SETUID",
                                     "--cap-add",
                                     "CAP_SETFCAP",
                                     "--cap-add",
                                     "CAP_SYS_CHROOT"});
constexpr auto kWithNetwork =
    std::to_array<std::string_view>({"--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"});
constexpr auto kWithoutNetwork = std::to_array<std::string_view>({"--unshare-net"});

// The command, with `tree` as its root.
std::vector<std::string> inside(const std::filesystem::path& tree, bool network,
                                const std::vector<std::string>& command) {
  std::vector<std::string> all{"bwrap", "--bind", tree.string(), "/"};
  auto network_options = network ? std::span<const std::string_view>(kWithNetwork) : kWithoutNetwork;
  all.insert(all.end(), kConfinement.begin(), kConfinement.end());
  all.insert(all.end(), network_options.begin(), network_options.end());
  all.push_back("--");
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

Task<Result<void>> put_file(RootfsPlan plan, FileStep file, LineSink line) {
  static constexpr auto kScript =
      "mkdir -p -- \"$(dirname -- \"$1\")\" && rm -f -- \"$1\" && cat > \"$1\" && chmod \"$2\" -- \"$1\"";
  auto content = plan.work / "content";
  CO_TRY_VOID(replace_file(content, file.content));
  std::vector<std::string> command{"sh", "-c", kScript, "sh", file.path, fmt::format("{:o}", file.mode)};
  co_return co_await run_tool({.command = inside(plan.tree, false, command), .input = content, .limit = 60s},
                              line);
}

// A command that fails is the definition's fault: the caller is told which one it was.
Task<Result<void>> run_script(RootfsPlan plan, RunStep step, bool network, LineSink line) {
  std::vector<std::string> shell{"bash", "-euo", "pipefail", "-c", step.script};
  auto ran = co_await run_tool({.command = inside(plan.tree, network, shell), .limit = 1800s}, line);
  if (ran) co_return ran;
  co_return fail(invalid_request(fmt::format("{}: {}", title_of(step), ran.error().message)));
}

Task<Result<void>> apply(RootfsPlan plan, BuildStep step, bool network, LineSink line) {
  if (auto* file = std::get_if<FileStep>(&step)) co_return co_await put_file(plan, std::move(*file), line);
  co_return co_await run_script(plan, std::get<RunStep>(std::move(step)), network, line);
}

// Known before anything is installed: a name that does not exist.
Task<Result<void>> check_packages(std::filesystem::path apt, std::vector<std::string> packages) {
  std::vector<std::string> show{"apt-cache", "--quiet=0", "show"};
  for (const auto& package : packages) show.push_back(package.substr(0, package.find('=')));
  if (packages.empty()) co_return Result<void>{};
  auto missing = std::make_shared<std::string>();
  auto look = [missing](std::string_view line) {
    if (line.contains("Unable to locate package")) *missing += line.substr(line.rfind(' '));
  };
  auto shown = co_await run_tool({.command = apt_command(apt, std::move(show))}, look);
  if (missing->empty()) co_return shown;
  co_return fail(invalid_request("Debian has no such package:" + *missing));
}

}  // namespace

std::string title_of(const BuildStep& step) {
  if (auto* file = std::get_if<FileStep>(&step)) return "file " + file->path;
  const auto& script = std::get<RunStep>(step).script;
  return "run " + script.substr(0, std::min<std::size_t>(script.find('\n'), 80));
}

Task<Result<void>> install_packages(RootfsPlan plan, std::vector<std::string> packages, Progress progress) {
  CO_TRY_VOID(co_await check_packages(plan.apt, packages));
  CO_TRY(auto sources, co_await debian_sources(plan.apt));
  CO_TRY(auto suite, co_await codename());
  auto list = plan.work / "sources.list";
  CO_TRY_VOID(replace_file(list, sources, 0644));
  auto command = mmdebstrap_command(plan, packages, suite, list);
  co_return co_await run_tool({.command = command, .directory = plan.packages, .limit = 1800s},
                              PackageProgress(progress));
}

Task<Result<void>> customise(RootfsPlan plan, Definition definition, Progress progress) {
  const std::array<FileStep, 3> system{{{"/etc/hosts", 0644, std::string(kHosts)},
                                        {"/etc/hostname", 0644, "sandbox\n"},
                                        {"/etc/resolv.conf", 0644, std::string(kResolvers)}}};
  for (const auto& file : system) CO_TRY_VOID(co_await put_file(plan, file, progress.line));
  std::size_t done = 0;
  for (const auto& step : definition.steps) {
    progress.step(static_cast<int>(100 * done++ / definition.steps.size()), title_of(step));
    CO_TRY_VOID(co_await apply(plan, step, definition.network, progress.line));
  }
  co_return Result<void>{};
}

// No journal: a sandbox's disk is thrown away with it or frozen with its memory. The file is new, so it reads
// as zeros.
Task<Result<void>> make_disk(std::filesystem::path tree, std::filesystem::path disk, int disk_mib,
                             LineSink line) {
  std::vector<std::string> command{"mkfs.ext4",
                                   "-q",
                                   "-F",
                                   "-L",
                                   "sandbar",
                                   "-O",
                                   "^has_journal",
                                   "-m",
                                   "0",
                                   "-E",
                                   "assume_storage_prezeroed=1",
                                   "-d",
                                   tree.string(),
                                   disk.string(),
                                   fmt::format("{}M", disk_mib)};
  auto made = co_await run_tool({.command = std::move(command), .limit = 1200s}, line);
  if (made) co_return made;
  co_return fail(Error{Errc::invalid_request,
                       fmt::format("making the disk: {} (is it large enough?)", made.error().message)});
}

}  // namespace sandbar::agent
