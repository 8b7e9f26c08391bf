// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/manifest.h"
#include "sandbar/agent/vm/sandbox_files.h"

// Puts a template image together in a folder beside its final place and publishes it with one rename, so that
// there never is half an image under the final name. What is left of an image that was not published is
// removed.

namespace sandbar::agent {

class ImageBuilder {
 public:
  // `into` must not exist yet.
  static Result<ImageBuilder> create(std::filesystem::path into);
  ImageBuilder(ImageBuilder&&) = default;
  ~ImageBuilder();

  const std::filesystem::path& directory() const { return staging_; }
  std::filesystem::path memory() const { return staging_ / "memory"; }
  std::filesystem::path devices() const { return staging_ / "devices"; }
  // Changed pages on the way into the memory image.
  std::filesystem::path pages() const { return staging_ / "pages"; }

  // Memory of the origin with the pages laid over it; the page file is used up.
  Result<void> merge_memory(const std::filesystem::path& origin) const;
  // The origin's layers and the sandbox's own, as a chain "disk.0", "disk.1", …; answers the names.
  Result<std::vector<std::string>> collect_layers(const std::filesystem::path& origin,
                                                  const Manifest& manifest, const SandboxFiles& files,
                                                  std::size_t own_layers) const;
  // Read-only for everybody, durable, under the final name.
  Result<void> publish(const Manifest& manifest);

 private:
  explicit ImageBuilder(std::filesystem::path into);
  std::filesystem::path into_, staging_;
  bool published_ = false;
};

}  // namespace sandbar::agent
