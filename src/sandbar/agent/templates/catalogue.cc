// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/catalogue.h"

#include <sys/stat.h>

#include <algorithm>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/random.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/json/encode.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kLargestSettings = 256 * kKib;

Result<TemplateInfo> read(TemplateId id, const std::filesystem::path& folder) {
  TemplateInfo info{.id = id, .image = {folder}};
  if (auto manifest = load_manifest(folder)) info.manifest = *std::move(manifest);
  auto text = read_file(folder / "template.json", kLargestSettings);
  if (!text && text.error().code == Errc::not_found) return info;
  if (!text) return fail(std::move(text).error());
  TRY(info.settings, json::decode_text<TemplateSettings>(*text));
  return info;
}

}  // namespace

std::uint64_t stored_bytes(const TemplateInfo& tpl) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tpl.image.directory, error))
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) bytes += allocated_bytes(entry.path());
  return bytes;
}

Result<void> write_settings(const std::filesystem::path& folder, const TemplateSettings& settings) {
  return replace_file(folder / "template.json", json::encode(settings));
}

bool TemplateCatalogue::has(TemplateId id) const {
  std::error_code error;
  return std::filesystem::is_regular_file(path_of(id) / "manifest.json", error);
}

TemplateCatalogue::Stamp TemplateCatalogue::stamp_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return {status.st_ino, status.st_size, status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
}

Result<TemplateInfo> TemplateCatalogue::get(TemplateId id) const {
  auto folder = path_of(id);
  auto manifest = stamp_of(folder / "manifest.json");
  if (manifest == Stamp{}) {
    known_.erase(id);
    return fail(not_found("template", id.str()));
  }
  auto settings = stamp_of(folder / "template.json");
  auto& known = known_[id];
  if (known.manifest != manifest || known.settings != settings) {
    known = {};
    TRY(auto info, read(id, folder));
    known = {manifest, settings, std::move(info)};
  }
  return known.info;
}

Result<std::vector<TemplateInfo>> TemplateCatalogue::list() const {
  std::vector<TemplateInfo> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    auto id = TemplateId::parse(entry.path().filename().string());
    if (!id || !has(*id)) continue;
    TRY(auto info, get(*id));
    all.push_back(std::move(info));
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(errno_error("list templates", error.value()));
  std::ranges::sort(all, {}, &TemplateInfo::id);
  return all;
}

Result<void> TemplateCatalogue::set_settings(TemplateId id, const TemplateSettings& settings) const {
  return write_settings(path_of(id), settings);
}

Result<void> TemplateCatalogue::remove(TemplateId id) const {
  if (!has(id)) return fail(not_found("template", id.str()));
  auto trash = directory_ / fmt::format("removed-{}", random_hex(8));
  TRY_VOID(rename_durably(path_of(id), trash));
  std::error_code error;
  std::filesystem::remove_all(trash, error);
  if (error) return fail(errno_error("remove " + trash.string(), error.value()));
  return {};
}

}  // namespace sandbar::agent
