// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/template_builder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <deque>
#include <utility>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/templates/definition.h"
#include "sandbar/agent/templates/kernel.h"
#include "sandbar/agent/templates/plain_tree.h"
#include "sandbar/agent/templates/rootfs.h"
#include "sandbar/agent/templates/work_folder.h"
#include "sandbar/agent/vm/boot_files.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kTailLines = 20;
constexpr std::uint64_t kNeededBytes = 2 * kGib, kNeededForPlain = 64 * kMib;

// One part of a build and its share of the whole, in percent.
struct Part {
  int from, to;
};
constexpr Part kKernel{0, 8}, kPackages{8, 70}, kCustomise{70, 80}, kDisk{80, 85}, kWarm{85, 100};

// What a build prints: steps with a percentage to the caller, and the tail of everything for the error.
class BuildLog {
 public:
  explicit BuildLog(BuildWatch watch) : watch_(std::move(watch)) {}

  void step(Part part, int percent, std::string_view what) {
    watch_.log(fmt::format("[{:3}%] {}", part.from + (part.to - part.from) * percent / 100, what));
  }
  void expect(std::size_t steps) {
    total_ = static_cast<int>(steps);
    tell();
  }
  void advance() {
    ++done_;
    tell();
  }
  void keep(std::string_view line) {
    tail_.emplace_back(line);
    if (tail_.size() > kTailLines) tail_.pop_front();
  }
  void show(std::string_view line) {
    keep(line);
    watch_.log(std::string(line));
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
  void tell() const {
    if (watch_.step) watch_.step(done_, total_);
  }

  BuildWatch watch_;
  std::deque<std::string> tail_;
  int done_ = 0, total_ = 0;
};

Error canceled() { return {Errc::canceled, "the build was cancelled"}; }

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

Result<void> check_space(const TemplateBuilderConfig& config) {
  struct statvfs status{};
  const auto& state = config.state;
  if (statvfs(state.c_str(), &status) != 0) return fail(errno_error("statvfs " + state.string(), errno));
  auto free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  auto needed = config.kind == BuildKind::plain ? kNeededForPlain : kNeededBytes;
  if (free >= needed) return {};
  auto message = fmt::format("a build needs {} MiB free in {}, there are {} MiB", needed / kMib,
                             state.string(), free / kMib);
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
  TemplateBuilder::Check check;
};

KernelPaths kernel_paths(const TemplateBuilderConfig& config, const std::filesystem::path& work,
                         const std::filesystem::path& scratch) {
  return {config.state / "kernel",
          work,
          scratch,
          config.state / "cache/apt",
          config.programs / "sandbar-init",
          config.programs / "sandbar-guest"};
}

RootfsPlan rootfs_plan(const TemplateBuilderConfig& config, const std::filesystem::path& scratch) {
  return {scratch / "tree", scratch, config.state / "cache/packages", config.state / "cache/apt"};
}

Task<Result<void>> kernel_part(const TemplateBuilderConfig& config, KernelPaths paths,
                               std::shared_ptr<BuildLog> log) {
  auto tell = [log](std::string what) { log->step(kKernel, 50, what); };
  log->step(kKernel, 0, "updating package lists");
  CO_TRY_VOID(co_await update_package_lists(config.state / "cache/apt", tell));
  co_return co_await make_kernel(std::move(paths), tell);
}

Task<Result<void>> put_programs_alone(const TemplateBuilderConfig& config, TemplateBuilder::Log log) {
  CO_TRY(auto lock, co_await take_lock(config.state, log));
  co_return put_programs(kernel_paths(config, {}, {}));
}

// A step's begin ends the one before it.
Progress counted(Progress progress, std::shared_ptr<BuildLog> log) {
  auto first = std::make_shared<bool>(true);
  auto step = [tell = std::move(progress.step), log, first](int percent, std::string what) {
    if (!std::exchange(*first, false)) log->advance();
    tell(percent, std::move(what));
  };
  return {step, std::move(progress.line)};
}

Task<Result<std::filesystem::path>> debian_disk(const TemplateBuilderConfig& config, const Build& build) {
  CO_TRY_VOID(co_await kernel_part(config, kernel_paths(config, build.work, build.scratch), build.log));
  build.log->advance();
  auto plan = rootfs_plan(config, build.scratch);
  auto disk = build.work / "disk.raw";
  CO_TRY_VOID(
      co_await install_packages(plan, build.definition.packages, progress_of(build.log, kPackages, false)));
  build.log->advance();
  auto progress = counted(progress_of(build.log, kCustomise, true), build.log);
  CO_TRY_VOID(co_await customise(plan, build.definition, std::move(progress)));
  if (!build.definition.steps.empty()) build.log->advance();
  build.log->step(kDisk, 0, "making the disk");
  auto keep = progress_of(build.log, kDisk, false).line;
  CO_TRY_VOID(co_await make_disk(plan.tree, disk, build.definition.disk_mib, keep));
  build.log->advance();
  co_return disk;
}

Task<Result<std::filesystem::path>> plain_disk(const Build& build) {
  build.log->advance();
  auto disk = build.work / "disk";
  CO_TRY_VOID(choose_packages(build.definition, progress_of(build.log, kPackages, true)));
  build.log->advance();
  auto progress = counted(progress_of(build.log, kCustomise, true), build.log);
  CO_TRY_VOID(co_await make_plain_tree(disk, build.definition, std::move(progress)));
  if (!build.definition.steps.empty()) build.log->advance();
  build.log->step(kDisk, 0, "making the disk");
  build.log->advance();
  co_return disk;
}

Task<Result<std::filesystem::path>> disk_part(const TemplateBuilderConfig& config, const Build& build) {
  return config.kind == BuildKind::plain ? plain_disk(build) : debian_disk(config, build);
}

// Booting cannot be broken off, the programs before it can.
Task<Result<std::filesystem::path>> disk_unless_cancelled(const TemplateBuilderConfig& config,
                                                          const Build& build, const BuildWatch& watch) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (!watch.cancel) co_return co_await disk_part(config, build);
  if (watch.cancelled()) co_return fail(canceled());
  auto first = co_await (disk_part(config, build) || watch.cancel->wait());
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(canceled());
}

// The whole template, in the build's own folder.
Task<Result<std::filesystem::path>> warm_part(Hypervisor& hypervisor, const Build& build,
                                              std::filesystem::path disk) {
  auto image = build.work / "image";
  const auto& definition = build.definition;
  build.log->step(kWarm, 0, "booting it once to keep its memory");
  VmShape shape{
      .vcpus = definition.vcpus, .memory_mib = definition.memory_mib, .disk_mib = definition.disk_mib};
  CO_TRY_VOID(co_await hypervisor.warm(std::move(disk), shape, image));
  auto settings = settings_of(definition);
  CO_TRY_VOID(write_settings(image, settings));
  build.log->advance();
  if (!definition.healthcheck) co_return image;
  build.log->step(kWarm, 80, "waiting for its health check");
  if (build.check) CO_TRY_VOID(co_await build.check({image}, settings, *definition.healthcheck));
  build.log->advance();
  co_return image;
}

// An older template of the same id steps aside, and comes back if the new one cannot take its place.
Result<void> publish(const std::filesystem::path& state, const Build& build,
                     const std::filesystem::path& image) {
  auto into = TemplateCatalogue(state).path_of(build.id);
  auto aside = build.work / "replaced";
  std::error_code ignored;
  bool replaces = std::filesystem::exists(into, ignored);
  if (replaces) TRY_VOID(rename_durably(into, aside));
  auto published = rename_durably(image, into);
  if (!published && replaces) TRY_VOID(rename_durably(aside, into));
  return published;
}

Task<Result<void>> run_build(const TemplateBuilderConfig& config, Hypervisor& hypervisor, const Build& build,
                             const BuildWatch& watch) {
  CO_TRY(auto disk, co_await disk_unless_cancelled(config, build, watch));
  CO_TRY(auto image, co_await warm_part(hypervisor, build, std::move(disk)));
  if (watch.cancelled && watch.cancelled()) co_return fail(canceled());
  co_return publish(config.state, build, image);
}

void override_with(const BuildOrder& order, Definition& definition) {
  if (!order.name.empty()) definition.name = order.name;
  if (order.shape.vcpus > 0) definition.vcpus = order.shape.vcpus;
  if (order.shape.memory_mib > 0) definition.memory_mib = order.shape.memory_mib;
  if (order.shape.disk_mib > 0) definition.disk_mib = order.shape.disk_mib;
  if (!order.healthcheck.empty()) definition.healthcheck = order.healthcheck;
}

std::size_t count_steps(const Definition& definition) {
  return 4 + definition.steps.size() + (definition.healthcheck ? 1 : 0);
}

Task<Result<proc::Fd>> lock_unless_cancelled(std::filesystem::path state, const BuildWatch& watch) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (!watch.cancel) co_return co_await take_lock(std::move(state), watch.log);
  if (watch.cancelled()) co_return fail(canceled());
  auto first = co_await (take_lock(std::move(state), watch.log) || watch.cancel->wait());
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(canceled());
}

}  // namespace

TemplateBuilder::TemplateBuilder(TemplateBuilderConfig config, Hypervisor& hypervisor)
    : config_(std::move(config)), hypervisor_(hypervisor) {}

Task<Result<void>> TemplateBuilder::build(BuildOrder order, BuildWatch watch, Check check) {
  CO_TRY(auto parsed, parse_definition(order.definition, {{order.beside, config_.definitions}}, order.name));
  override_with(order, parsed);
  // A plain sandbox has no users of its own: who runs it is at home in its folder.
  if (config_.kind == BuildKind::plain && parsed.user == "root") parsed.user.clear();
  if (order.confined && parsed.network)
    co_return fail(invalid_request("definition: 'network on' is for templates of the platform only"));
  auto log = std::make_shared<BuildLog>(watch);
  log->expect(count_steps(parsed));
  CO_TRY_VOID(make_folders(config_.state));
  CO_TRY(auto lock, co_await lock_unless_cancelled(config_.state, watch));
  co_await remove_left_over();
  CO_TRY_VOID(check_space(config_));
  CO_TRY(auto work, WorkFolder::create(config_.state, order.id.str(), WorkPlace::state));
  CO_TRY(auto scratch, WorkFolder::create(config_.state, "scratch", WorkPlace::scratch));
  Build build{order.id, std::move(parsed), work.path(), scratch.path(), log, std::move(check)};
  auto built = co_await run_build(config_, hypervisor_, build, watch);
  co_await scratch.remove(blocking_);
  co_await work.remove(blocking_);
  if (!built) co_return fail(log->explain(std::move(built).error()));
  log->step(kWarm, 100, "template is ready");
  co_return Result<void>{};
}

bool TemplateBuilder::can_boot() const {
  if (config_.kind == BuildKind::plain) return true;
  auto files = load_boot_files(config_.state / "kernel");
  return files && files->programs;
}

Task<Result<void>> TemplateBuilder::prepare_boot(Log log) {
  CO_TRY_VOID(make_folders(config_.state));
  CO_TRY(auto lock, co_await take_lock(config_.state, log));
  CO_TRY(auto work, WorkFolder::create(config_.state, "kernel", WorkPlace::state));
  auto paths = kernel_paths(config_, work.path(), work.path());
  auto made = co_await kernel_part(config_, paths, std::make_shared<BuildLog>(BuildWatch{.log = log}));
  co_await work.remove(blocking_);
  co_return made;
}

Task<Result<void>> TemplateBuilder::update_boot(Log log) {
  std::error_code error;
  if (config_.kind == BuildKind::plain || !std::filesystem::exists(config_.state / "kernel/vmlinux", error))
    co_return Result<void>{};
  auto put = co_await put_programs_alone(config_, log);
  // An installation of long ago has not kept the kernel's modules.
  if (!put && put.error().code == Errc::not_found) co_return co_await prepare_boot(log);
  co_return put;
}

Task<void> TemplateBuilder::clean_up() {
  auto lock = open_file(config_.state / "build/lock", O_RDWR);
  if (!lock || flock(lock->get(), LOCK_EX | LOCK_NB) != 0) co_return;
  co_await remove_left_over();
}

Task<void> TemplateBuilder::remove_left_over() {
  for (auto folder : WorkFolder::left_over(config_.state)) {
    put_back(config_.state, folder);
    co_await blocking_.run(std::bind_front(remove_tree, folder));
  }
}

}  // namespace sandbar::agent
