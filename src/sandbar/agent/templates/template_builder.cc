// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/template_builder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include <deque>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/templates/definition.h"
#include "sandbar/agent/templates/kernel.h"
#include "sandbar/agent/templates/rootfs.h"
#include "sandbar/agent/templates/work_folder.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kTailLines = 20;
constexpr std::uint64_t kNeededBytes = 2 * kGib;

// One part of a build and its share of the whole, in percent.
struct Part {
  int from, to;
};
constexpr Part kKernel{0, 8}, kPackages{8, 70}, kCustomise{70, 80}, kDisk{80, 85}, kWarm{85, 100};

// What a build prints: steps with a percentage to the caller, and the tail of everything for the error.
class BuildLog {
 public:
  explicit BuildLog(TemplateBuilder::Log log) : log_(std::move(log)) {}

  void step(Part part, int percent, std::string_view what) {
    log_(fmt::format("[{:3}%] {}", part.from + (part.to - part.from) * percent / 100, what));
  }
  void keep(std::string_view line) {
    tail_.emplace_back(line);
    if (tail_.size() > kTailLines) tail_.pop_front();
  }
  void show(std::string_view line) {
    keep(line);
    log_(std::string(line));
  }

  // A full disk shows itself in what a tool prints, not in its status.
  Error explain(Error error) const {
    std::string text;
    for (const auto& line : tail_) text += "\n" + line;
    if (text.contains("No space left on device")) error.code = Errc::no_space;
    if (!text.empty()) error.message += "; the last lines were:" + text;
    return error;
  }

 private:
  TemplateBuilder::Log log_;
  std::deque<std::string> tail_;
};

Progress progress_of(const std::shared_ptr<BuildLog>& log, Part part, bool show_lines) {
  auto step = [log, part](int percent, std::string what) { log->step(part, percent, what); };
  auto line = [log, show_lines](std::string_view text) { show_lines ? log->show(text) : log->keep(text); };
  return {step, line};
}

Result<void> make_folders(const std::filesystem::path& state) {
  for (const char* name : {"build", "templates", "cache/packages", "cache/apt", "kernel"}) {
    std::error_code error;
    std::filesystem::create_directories(state / name, error);
    if (error) return fail(errno_error(fmt::format("make {}", (state / name).string()), error.value()));
  }
  return {};
}

// Held by one build at a time, in this process or another.
Task<Result<proc::Fd>> take_lock(std::filesystem::path state, TemplateBuilder::Log log) {
  CO_TRY(auto file, open_file(state / "build/lock", O_RDWR | O_CREAT));
  for (bool told = false; flock(file.get(), LOCK_EX | LOCK_NB) != 0; told = true) {
    if (errno != EWOULDBLOCK && errno != EINTR) co_return fail(errno_error("lock build", errno));
    if (!told) log("waiting for another build to end");
    co_await sleep_for(200ms);
  }
  co_return file;
}

Result<void> check_space(const std::filesystem::path& state) {
  struct statvfs status{};
  if (statvfs(state.c_str(), &status) != 0) return fail(errno_error("statvfs " + state.string(), errno));
  auto free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  if (free >= kNeededBytes) return {};
  auto message = fmt::format("a build needs 2 GiB free in {}, there are {} MiB", state.string(), free / kMib);
  return fail(Error{Errc::no_space, message});
}

TemplateSettings settings_of(const Definition& definition) {
  return {.name = definition.name,
          .vcpus = definition.vcpus,
          .memory_mib = definition.memory_mib,
          .disk_mib = definition.disk_mib,
          .user = definition.user,
          .workdir = definition.workdir,
          .env = definition.env,
          .start = definition.start};
}

// After a crash while a template was being replaced, the old one lies in its build's folder:
// "tpl-…-01234567/replaced".
void put_back(const std::filesystem::path& state, const std::filesystem::path& work) {
  auto name = work.filename().string();
  auto into = state / "templates" / name.substr(0, name.rfind('-'));
  std::error_code error;
  if (std::filesystem::exists(work / "replaced", error) && !std::filesystem::exists(into, error))
    std::filesystem::rename(work / "replaced", into, error);
}

struct Build {
  TemplateId id;
  Definition definition;
  std::filesystem::path work;     // on the file system of the state directory
  std::filesystem::path scratch;  // anywhere
  std::shared_ptr<BuildLog> log;
};

KernelPaths kernel_paths(const TemplateBuilderConfig& config, const std::filesystem::path& work,
                         const std::filesystem::path& scratch) {
  return {config.state / "kernel", work, scratch, config.state / "cache/apt",
          config.programs / "sandbar-init"};
}

RootfsPlan rootfs_plan(const TemplateBuilderConfig& config, const std::filesystem::path& scratch) {
  return {scratch / "tree", scratch, config.state / "cache/packages", config.state / "cache/apt",
          config.programs / "sandbar-guest"};
}

Task<Result<void>> kernel_part(const TemplateBuilderConfig& config, KernelPaths paths,
                               std::shared_ptr<BuildLog> log) {
  auto tell = [log](std::string what) { log->step(kKernel, 50, what); };
  log->step(kKernel, 0, "updating package lists");
  CO_TRY_VOID(co_await update_package_lists(config.state / "cache/apt", tell));
  co_return co_await make_kernel(std::move(paths), tell);
}

Task<Result<std::filesystem::path>> disk_part(const TemplateBuilderConfig& config, const Build& build) {
  auto plan = rootfs_plan(config, build.scratch);
  auto disk = build.work / "disk.raw";
  CO_TRY_VOID(
      co_await install_packages(plan, build.definition.packages, progress_of(build.log, kPackages, false)));
  CO_TRY_VOID(co_await customise(plan, build.definition, progress_of(build.log, kCustomise, true)));
  build.log->step(kDisk, 0, "making the disk");
  auto keep = progress_of(build.log, kDisk, false).line;
  CO_TRY_VOID(co_await make_disk(plan.tree, disk, build.definition.disk_mib, keep));
  co_return disk;
}

// An older template of the same id steps aside, and comes back if the new one cannot be warmed.
Task<Result<void>> publish(Hypervisor& hypervisor, std::filesystem::path state, Build build,
                           std::filesystem::path disk) {
  auto into = TemplateCatalogue(state).path_of(build.id);
  auto aside = build.work / "replaced";
  std::error_code ignored;
  bool replaces = std::filesystem::exists(into, ignored);
  if (replaces) CO_TRY_VOID(rename_durably(into, aside));
  build.log->step(kWarm, 0, "booting it once to keep its memory");
  VmShape shape{.vcpus = build.definition.vcpus, .memory_mib = build.definition.memory_mib};
  auto warmed = co_await hypervisor.warm(disk, shape, into);
  if (warmed) warmed = TemplateCatalogue(state).set_settings(build.id, settings_of(build.definition));
  if (warmed) co_return warmed;
  remove_tree(into);
  if (replaces) CO_TRY_VOID(rename_durably(aside, into));
  co_return warmed;
}

Task<Result<void>> run_build(const TemplateBuilderConfig& config, Hypervisor& hypervisor, Build build) {
  CO_TRY_VOID(co_await kernel_part(config, kernel_paths(config, build.work, build.scratch), build.log));
  CO_TRY(auto disk, co_await disk_part(config, build));
  co_return co_await publish(hypervisor, config.state, build, disk);
}

}  // namespace

TemplateBuilder::TemplateBuilder(TemplateBuilderConfig config, Hypervisor& hypervisor)
    : config_(std::move(config)), hypervisor_(hypervisor) {}

Task<Result<void>> TemplateBuilder::build(TemplateId id, std::string definition, Log log,
                                          std::filesystem::path beside) {
  CO_TRY(auto parsed, parse_definition(definition, {{beside, config_.definitions}}));
  CO_TRY_VOID(make_folders(config_.state));
  CO_TRY(auto lock, co_await take_lock(config_.state, log));
  CO_TRY_VOID(check_space(config_.state));
  CO_TRY(auto work, WorkFolder::create(config_.state, id.str(), WorkPlace::state));
  CO_TRY(auto scratch, WorkFolder::create(config_.state, "scratch", WorkPlace::scratch));
  Build build{id, std::move(parsed), work.path(), scratch.path(), std::make_shared<BuildLog>(log)};
  auto built = co_await run_build(config_, hypervisor_, build);
  co_await scratch.remove(blocking_);
  co_await work.remove(blocking_);
  if (!built) co_return fail(build.log->explain(std::move(built).error()));
  build.log->step(kWarm, 100, "template is ready");
  co_return Result<void>{};
}

Task<Result<void>> TemplateBuilder::prepare_kernel(Log log) {
  CO_TRY_VOID(make_folders(config_.state));
  CO_TRY(auto lock, co_await take_lock(config_.state, log));
  CO_TRY(auto work, WorkFolder::create(config_.state, "kernel", WorkPlace::state));
  auto paths = kernel_paths(config_, work.path(), work.path());
  auto made = co_await kernel_part(config_, paths, std::make_shared<BuildLog>(log));
  co_await work.remove(blocking_);
  co_return made;
}

Task<void> TemplateBuilder::clean_up() {
  auto lock = open_file(config_.state / "build/lock", O_RDWR);
  if (!lock || flock(lock->get(), LOCK_EX | LOCK_NB) != 0) co_return;
  for (auto folder : WorkFolder::left_over(config_.state)) {
    put_back(config_.state, folder);
    co_await blocking_.run(std::bind_front(remove_tree, folder));
  }
}

}  // namespace sandbar::agent
