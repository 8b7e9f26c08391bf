// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/variants.h"

#include <set>
#include <vector>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr int kMostVariants = 8;  // of one shape, after as many upgrades

fs::path boot_disk(const TemplateInfo& tpl) { return tpl.image.directory / kBootDisk; }

bool is_published(const fs::path& image) { return fs::exists(image / "manifest.json"); }

// "2x1024", and when that one was made for another machine "2x1024-2", …
fs::path variant(const TemplateInfo& tpl, VmShape shape, int number) {
  auto name = fmt::format("{}x{}", shape.vcpus, shape.memory_mib);
  if (number > 1) name += fmt::format("-{}", number);
  return tpl.image.directory / "variants" / name;
}

// "2x1024" of "2x1024-2"
std::string shape_in(const fs::path& variant) {
  auto name = variant.filename().string();
  return name.substr(0, name.find('-'));
}

bool is_own_shape(const TemplateInfo& tpl, VmShape shape) {
  auto own = Variants::own_shape(tpl);
  return shape.vcpus == own.vcpus && shape.memory_mib == own.memory_mib;
}

bool is_current(const Result<Variants::Found>& found) { return found && found->fit == Fit::current; }

}  // namespace

bool Variants::can_vary(const TemplateInfo& tpl) { return tpl.manifest && was_booted(*tpl.manifest); }

VmShape Variants::own_shape(const TemplateInfo& tpl) {
  if (tpl.manifest) return {tpl.manifest->vcpus, tpl.manifest->memory_mib, tpl.manifest->disk_mib};
  return {tpl.settings.vcpus, tpl.settings.memory_mib, tpl.settings.disk_mib};
}

Result<Variants::Found> Variants::look_at(TemplateImage image) const {
  TRY(auto fit, world_.hypervisor.check(image));
  return Found{std::move(image), fit};
}

Result<Variants::Found> Variants::find(const TemplateInfo& tpl, VmShape shape) const {
  Result<Found> best = fail(not_found("image of that shape", tpl.id.str()));
  if (is_own_shape(tpl, shape)) best = look_at(tpl.image);
  for (int number = 1; number <= kMostVariants && !is_current(best); ++number) {
    TemplateImage image{variant(tpl, shape, number)};
    if (!is_published(image.directory)) continue;
    if (auto found = look_at(std::move(image)); !best || is_current(found)) best = std::move(found);
  }
  return best;
}

Task<Result<Variants::Found>> Variants::provide(TemplateInfo tpl, VmShape shape) {
  auto found = find(tpl, shape);
  if (found || (is_own_shape(tpl, shape) && !can_vary(tpl))) co_return found;
  if (found.error().code != Errc::not_found)
    log::warn("template does not fit this machine any more", {{"template", tpl.id}, {"why", found.error()}});
  co_return co_await make(std::move(tpl), shape);
}

Task<Result<Variants::Found>> Variants::provide_current(TemplateInfo tpl, VmShape shape) {
  auto found = find(tpl, shape);
  if (is_current(found) || !can_vary(tpl)) co_return found;
  co_return co_await make(std::move(tpl), shape);
}

void Variants::remove_stale(const TemplateInfo& tpl,
                            const std::function<bool(const fs::path&)>& is_used) const {
  struct Variant {
    fs::path directory;
    Result<Found> found;
  };
  std::vector<Variant> all;
  std::set<std::string> shapes;  // that there is a current image of
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tpl.image.directory / "variants", error)) {
    if (!is_published(entry.path())) continue;
    all.push_back({entry.path(), look_at({entry.path()})});
    if (is_current(all.back().found)) shapes.insert(shape_in(entry.path()));
  }
  for (const auto& [directory, found] : all) {
    bool needed = is_current(found) || (found && !shapes.contains(shape_in(directory)));
    if (needed || is_used(directory)) continue;
    log::info("template variant removed", {{"image", directory.string()}});
    fs::remove_all(directory, error);
  }
}

Task<Result<Variants::Found>> Variants::make(TemplateInfo tpl, VmShape shape) {
  int number = 1;
  while (number <= kMostVariants && is_published(variant(tpl, shape, number))) ++number;
  if (number > kMostVariants)
    co_return fail(invalid_state("the template has too many old variants that are in use"));
  auto into = variant(tpl, shape, number);
  shape.disk_mib = own_shape(tpl).disk_mib;
  CO_TRY_VOID(co_await warm_once(boot_disk(tpl), shape, into));
  co_return Found{{into}, Fit::current};
}

Task<Result<void>> Variants::warm_once(fs::path disk, VmShape shape, fs::path into) {
  auto& entry = warming_[into.string()];
  if (!entry) entry = std::make_shared<TaskLock>(world_.executor);
  auto lock = entry;
  auto hold = co_await lock->take();
  if (!is_published(into)) {
    log::info("template variant warming", {{"image", into.string()}});
    CO_TRY_VOID(co_await warm(std::move(disk), shape, into));
    log::info("template variant warmed", {{"image", into.string()}});
  }
  warming_.erase(into.string());
  co_return Result<void>{};
}

// The hypervisor takes a disk over, hence a name of its own for it: nobody ever writes to it. The image
// appears under `into` as a whole.
Task<Result<void>> Variants::warm(fs::path disk, VmShape shape, fs::path into) {
  if (world_.prepare_boot) CO_TRY_VOID(co_await world_.prepare_boot());
  auto link = into;
  link += ".disk";
  CO_TRY_VOID(co_await world_.blocking.run([disk, link]() -> Result<void> {
    std::error_code error;
    fs::create_directories(link.parent_path(), error);
    fs::remove(link, error);
    return link_or_copy(disk, link);
  }));
  auto warmed = co_await world_.hypervisor.warm(link, shape, into);
  std::error_code error;
  fs::remove(link, error);
  co_return warmed;
}

}  // namespace sandbar::agent
