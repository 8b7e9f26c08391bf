// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/variants.h"

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr std::string_view kBootDisk = "disk.0.raw";
constexpr std::size_t kLayersOfBooted = 2;  // the disk that was booted, and what booting wrote

fs::path boot_disk(const TemplateInfo& tpl) { return tpl.image.directory / kBootDisk; }

bool is_published(const fs::path& image) { return fs::exists(image / "manifest.json"); }

}  // namespace

bool Variants::can_vary(const TemplateInfo& tpl) {
  auto manifest = load_manifest(tpl.image.directory);
  return manifest && manifest->layers.size() == kLayersOfBooted && manifest->layers[0] == kBootDisk;
}

VmShape Variants::own_shape(const TemplateInfo& tpl) {
  if (auto manifest = load_manifest(tpl.image.directory))
    return {manifest->vcpus, manifest->memory_mib, manifest->disk_mib};
  return {tpl.settings.vcpus, tpl.settings.memory_mib, tpl.settings.disk_mib};
}

Task<Result<TemplateImage>> Variants::image_for(TemplateInfo tpl, VmShape shape) {
  auto own = own_shape(tpl);
  if (shape.vcpus == own.vcpus && shape.memory_mib == own.memory_mib) co_return tpl.image;
  auto into = tpl.image.directory / "variants" / fmt::format("{}x{}", shape.vcpus, shape.memory_mib);
  if (is_published(into)) co_return TemplateImage{into};
  shape.disk_mib = own.disk_mib;
  co_return co_await warm_once(boot_disk(tpl), shape, std::move(into));
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
