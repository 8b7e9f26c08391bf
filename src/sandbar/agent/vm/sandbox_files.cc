// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/sandbox_files.h"

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/disk/overlay.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

constexpr std::string_view kWhole = "whole.";

std::string layer(std::size_t number) { return fmt::format("layer.{}", number); }

std::size_t number_of(std::string_view layer) {
  return static_cast<std::size_t>(parse_int(layer.substr(layer.find('.') + 1)).value_or(0));
}

fs::path aside(fs::path pages) {
  pages += ".aside";
  return pages;
}

}  // namespace

void SandboxFiles::set_pause_aside() const {
  std::error_code ignored;
  fs::rename(pages(), aside(pages()), ignored);
}

void SandboxFiles::bring_pause_back() const {
  std::error_code ignored;
  fs::rename(aside(pages()), pages(), ignored);
}

void SandboxFiles::forget_pause() const {
  std::error_code ignored;
  fs::remove(pages(), ignored);
  fs::remove(aside(pages()), ignored);
  fs::remove(devices(), ignored);
}

std::vector<std::string> SandboxFiles::layers() const {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_, ignored)) {
    auto name = entry.path().filename().string();
    if (name.starts_with(kWhole) && (out.empty() || number_of(name) > number_of(out[0]))) out = {name};
  }
  auto next = out.empty() ? 0 : number_of(out[0]) + 1;
  for (; fs::exists(directory_ / layer(next)); ++next) out.push_back(layer(next));
  return out;
}

std::string SandboxFiles::next_layer() const {
  auto all = layers();
  return layer(all.empty() ? 0 : number_of(all.back()) + 1);
}

bool SandboxFiles::whole() const {
  auto all = layers();
  return !all.empty() && all[0].starts_with(kWhole);
}

Result<void> SandboxFiles::replace_layers(const fs::path& flat) const {
  auto old = layers();
  TRY_VOID(rename_durably(flat, directory_ / fmt::format("{}{}", kWhole, number_of(old.back()) + 1)));
  std::error_code ignored;
  for (const auto& name : old) fs::remove(directory_ / name, ignored);
  return {};
}

Result<void> SandboxFiles::prepare(const Manifest& manifest) const {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return fail(errno_error("make " + directory_.string(), error.value()));
  TRY_VOID(set_owner(directory_, 0, 0711));
  if (!layers().empty()) return {};
  return add_layer(manifest.disk_mib);
}

Result<void> SandboxFiles::add_layer(int disk_mib) const {
  return create_overlay(directory_ / next_layer(), static_cast<std::uint64_t>(disk_mib) * kMib);
}

Result<void> SandboxFiles::hand_to(uid_t uid) const {
  auto all = layers();
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool last = i + 1 == all.size();
    TRY_VOID(set_owner(directory_ / all[i], last ? uid : 0, last ? 0600 : 0444));
  }
  return {};
}

std::vector<std::string> SandboxFiles::chain(const Manifest& manifest) const {
  std::vector<std::string> out;
  if (!whole())
    for (const auto& name : manifest.layers) out.push_back("/image/" + name);
  for (const auto& name : layers()) out.push_back("/own/" + name);
  return out;
}

std::uint64_t SandboxFiles::allocated() const {
  std::uint64_t sum = 0;
  for (const auto& name : layers()) sum += allocated_bytes(directory_ / name);
  return sum;
}

}  // namespace sandbar::agent
