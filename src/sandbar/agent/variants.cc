// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/variants.h"

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

}  // namespace

bool Variants::can_vary(const TemplateInfo& tpl) {
  auto manifest = load_manifest(tpl.image.directory);
  return manifest && was_booted(*manifest);
}

VmShape Variants::own_shape(const TemplateInfo& tpl) {
  if (auto manifest = load_manifest(tpl.image.directory))
    return {manifest->vcpus, manifest->memory_mib, manifest->disk_mib};
  return {tpl.settings.vcpus, tpl.settings.memory_mib, tpl.settings.disk_mib};
}

Task<Result<TemplateImage>> Variants::image_for(TemplateInfo tpl, VmShape shape) {
  auto own = own_shape(tpl);
  bool same = shape.vcpus == own.vcpus && shape.memory_mib == own.memory_mib;
  auto fits = world_.hypervisor.check(tpl.image);
  if (same && (fits || !can_vary(tpl))) {
    if (!fits) co_return fail(std::move(fits).error());
    co_return tpl.image;
  }
  int free = 0;
  for (int number = 1; number <= kMostVariants; ++number) {
    TemplateImage image{variant(tpl, shape, number)};
    bool published = is_published(image.directory);
    if (published && world_.hypervisor.check(image)) co_return image;
    if (!published && free == 0) free = number;
  }
  if (free == 0) co_return fail(invalid_state("the template has too many old variants that are in use"));
  if (!fits)
    log::warn("template does not fit this machine any more", {{"template", tpl.id}, {"why", fits.error()}});
  shape.disk_mib = own.disk_mib;
  co_return co_await warm_once(boot_disk(tpl), shape, variant(tpl, shape, free));
}

void Variants::remove_stale(const TemplateInfo& tpl,
                            const std::function<bool(const fs::path&)>& is_used) const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tpl.image.directory / "variants", error)) {
    if (!is_published(entry.path()) || is_used(entry.path())) continue;
    if (world_.hypervisor.check({entry.path()})) continue;
    log::info("template variant removed", {{"image", entry.path().string()}});
    fs::remove_all(entry.path(), error);
  }
}

Task<Result<TemplateImage>> Variants::warm_once(fs::path disk, VmShape shape, fs::path into) {
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
  co_return TemplateImage{into};
}

// The hypervisor takes the disk over, hence a copy of its own; it appears under `into` as a whole.
Task<Result<void>> Variants::warm(fs::path disk, VmShape shape, fs::path into) {
  if (world_.prepare_boot) CO_TRY_VOID(co_await world_.prepare_boot());
  auto copy = into;
  copy += ".disk";
  CO_TRY_VOID(co_await world_.blocking.run([disk, copy]() -> Result<void> {
    std::error_code error;
    fs::create_directories(copy.parent_path(), error);
    fs::remove(copy, error);
    return copy_sparse(disk, copy);
  }));
  auto warmed = co_await world_.hypervisor.warm(copy, shape, into);
  std::error_code error;
  fs::remove(copy, error);
  co_return warmed;
}

}  // namespace sandbar::agent
