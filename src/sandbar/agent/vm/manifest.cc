// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/manifest.h"

#include <algorithm>
#include <ranges>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/base/try.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMaxManifest = 64 * 1024;
constexpr std::size_t kMaxLayers = 64;
constexpr std::size_t kFirstDevices = 3;

bool is_plain_name(const std::string& name) {
  return name.starts_with("disk.") && name.find('/') == std::string::npos &&
         name.find(',') == std::string::npos;
}

bool within_limits(const Manifest& m) {
  using namespace limits;
  return m.vcpus >= 1 && m.vcpus <= kMaxVcpus && m.memory_mib >= 16 && m.memory_mib <= kMaxMemoryMib &&
         m.disk_mib >= 1 && m.disk_mib <= kMaxDiskMib && !m.layers.empty() && m.layers.size() <= kMaxLayers &&
         std::ranges::all_of(m.layers, is_plain_name);
}

Error unfit(std::string what) {
  return {Errc::invalid_state, "the template was made for another machine and must be built again",
          std::move(what)};
}

std::unexpected<Error> differs(std::string_view what, std::string_view image, std::string_view here) {
  return fail(unfit(fmt::format("{}: the image has \"{}\", this host \"{}\"", what, image, here)));
}

// Images from before there was a serial port are good for as long as anybody keeps them.
bool is_known(const std::vector<std::string>& devices) {
  return std::ranges::equal(devices, sandbox_devices()) ||
         std::ranges::equal(devices, sandbox_devices() | std::views::take(kFirstDevices));
}

// Measured frequencies of one machine differ by some parts per million from boot to boot.
bool same_frequency(std::uint64_t a, std::uint64_t b) {
  auto difference = a > b ? a - b : b - a;
  return difference * 2000 <= std::max(a, b);
}

}  // namespace

const std::vector<std::string>& sandbox_devices() {
  static const std::vector<std::string> devices{"virtio-blk-device", "virtio-net-device", "virtio-rng-device",
                                                "virtio-serial-device", "virtserialport"};
  return devices;
}

bool was_booted(const Manifest& manifest) {
  return manifest.layers.size() == 2 && manifest.layers[0] == kBootDisk;
}

Result<Manifest> load_manifest(const fs::path& image) {
  auto text = read_file(image / "manifest.json", kMaxManifest);
  if (!text && text.error().code == Errc::not_found)
    return fail(Error{Errc::not_found, "the template is not on this host", text.error().detail});
  if (!text) return fail(std::move(text).error());
  auto manifest = json::decode_text<Manifest>(*text);
  if (!manifest) return fail(unfit(image.string() + ": " + manifest.error().message));
  if (manifest->version != kManifestVersion)
    return fail(unfit(fmt::format("manifest version {}", manifest->version)));
  if (!within_limits(*manifest)) return fail(unfit(image.string() + ": values beyond the limits"));
  return manifest;
}

Result<void> save_manifest(const fs::path& image, const Manifest& manifest) {
  return replace_file(image / "manifest.json", json::encode(manifest) + "\n", 0444);
}

Result<void> check_fit(const Manifest& manifest, const Machine& here) {
  const auto& image = manifest.machine;
  if (!here.qemu.empty() && image.qemu != here.qemu) return differs("QEMU", image.qemu, here.qemu);
  if (image.board != here.board) return differs("board", image.board, here.board);
  if (image.accelerator != here.accelerator)
    return differs("accelerator", image.accelerator, here.accelerator);
  if (!can_run(here, image.cpu)) return differs("CPU", image.cpu, here.cpu);
  if (!same_frequency(image.tsc_khz, here.tsc_khz))
    return differs("time stamp counter", std::to_string(image.tsc_khz), std::to_string(here.tsc_khz));
  if (!is_known(manifest.devices)) return fail(unfit("its devices are of another version"));
  return {};
}

}  // namespace sandbar::agent
