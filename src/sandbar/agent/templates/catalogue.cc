// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/catalogue.h"

#include <algorithm>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/random.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/json/encode.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kLargestSettings = 256 * kKib;

std::uint64_t size_of(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error))
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) bytes += allocated_bytes(entry.path());
  return bytes;
}

}  // namespace

Result<void> write_settings(const std::filesystem::path& folder, const TemplateSettings& settings) {
  return replace_file(folder / "template.json", json::encode(settings));
}

bool TemplateCatalogue::has(TemplateId id) const {
  std::error_code error;
  return std::filesystem::is_regular_file(path_of(id) / "manifest.json", error);
}

Result<TemplateInfo> TemplateCatalogue::get(TemplateId id) const {
  if (!has(id)) return fail(not_found("template", id.str()));
  TemplateInfo info{.id = id, .image = {path_of(id)}, .settings = {}, .size_bytes = size_of(path_of(id))};
  auto text = read_file(path_of(id) / "template.json", kLargestSettings);
  if (!text && text.error().code == Errc::not_found) return info;
  if (!text) return fail(std::move(text).error());
  TRY(info.settings, json::decode_text<TemplateSettings>(*text));
  return info;
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
