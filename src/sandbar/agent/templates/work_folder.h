// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "sandbar/async/blocking.h"
#include "sandbar/base/result.h"

// A build's own folders. What is to be published by rename lies under build/ of the state directory. A tree
// of twenty thousand small files that is read once and removed lies in memory (/dev/shm) where there is
// enough of it: on a disk that discards freed blocks its removal alone takes longer than its making.

namespace sandbar::agent {

enum class WorkPlace { state, scratch };

// `true` if nothing is left of it.
bool remove_tree(const std::filesystem::path& path);

class WorkFolder {
 public:
  static Result<WorkFolder> create(const std::filesystem::path& state, std::string_view name,
                                   WorkPlace place);
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();  // for a build that was cancelled; others await remove()

  const std::filesystem::path& path() const { return path_; }
  Task<void> remove(BlockingPool& pool);

  // All that earlier runs left, in both places. "tpl-…-0123abcd" has the name that it was created with and a
  // suffix.
  static std::vector<std::filesystem::path> left_over(const std::filesystem::path& state);

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace sandbar::agent
