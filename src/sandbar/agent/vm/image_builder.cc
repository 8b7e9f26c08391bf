// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/image_builder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/memory/pages.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

fs::path beside(fs::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

// Whoever still has the file open for writing could change it under the new image: then it gets a copy of its
// own. A read lease is granted only if there is no writer.
bool has_writer(const fs::path& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd || ::fcntl(fd->get(), F_SETLEASE, F_RDLCK) != 0) return true;
  ::fcntl(fd->get(), F_SETLEASE, F_UNLCK);
  return false;
}

Result<void> add_layer(const fs::path& from, const fs::path& to) {
  return has_writer(from) ? copy_sparse(from, to) : link_or_copy(from, to);
}

std::string numbered(std::size_t number, const std::string& original) {
  return fmt::format("disk.{}{}", number, original.ends_with(".raw") ? ".raw" : "");
}

}  // namespace

ImageBuilder::ImageBuilder(fs::path into) : into_(std::move(into)), staging_(beside(into_, ".new")) {}

Result<ImageBuilder> ImageBuilder::create(fs::path into) {
  if (fs::exists(into))
    return fail(Error{Errc::already_exists, "there is such a template already", into.string()});
  ImageBuilder builder(std::move(into));
  std::error_code error;
  fs::remove_all(builder.staging_, error);
  fs::create_directories(builder.staging_, error);
  if (error) return fail(errno_error("make " + builder.staging_.string(), error.value()));
  TRY_VOID(set_owner(builder.staging_, 0, 0755));
  return builder;
}

ImageBuilder::~ImageBuilder() {
  std::error_code ignored;
  if (!published_ && !staging_.empty()) fs::remove_all(staging_, ignored);
}

Result<void> ImageBuilder::merge_memory(const fs::path& origin) const {
  TRY_VOID(copy_sparse(origin, memory()));
  TRY(auto target, open_file(memory(), O_RDWR));
  TRY(auto changes, open_file(pages(), O_RDONLY));
  TRY(auto applied, apply_pages(changes.get(), target.get()));
  (void)applied;
  if (::unlink(pages().c_str()) != 0) return fail(errno_error("remove " + pages().string(), errno));
  return {};
}

Result<std::vector<std::string>> ImageBuilder::collect_layers(const fs::path& origin,
                                                              const Manifest& manifest,
                                                              const SandboxFiles& files,
                                                              std::size_t own_layers) const {
  std::vector<std::string> names;
  for (const auto& layer : files.whole() ? std::vector<std::string>{} : manifest.layers) {
    names.push_back(numbered(names.size(), layer));
    TRY_VOID(link_or_copy(origin / layer, staging_ / names.back()));
  }
  auto own = files.layers();
  for (std::size_t i = 0; i < own_layers; ++i) {
    names.push_back(numbered(names.size(), own[i]));
    TRY_VOID(add_layer(files.directory() / own[i], staging_ / names.back()));
  }
  return names;
}

Result<void> ImageBuilder::publish(const Manifest& manifest) {
  for (const auto& entry : fs::directory_iterator(staging_)) {
    TRY_VOID(set_owner(entry.path(), 0, 0444));
    TRY_VOID(sync_file(entry.path()));
  }
  TRY_VOID(save_manifest(staging_, manifest));
  TRY_VOID(rename_durably(staging_, into_));
  published_ = true;
  return {};
}

}  // namespace sandbar::agent
