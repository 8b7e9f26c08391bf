// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"

namespace sandbar::control::files {

enum class FileType { unknown, file, directory, symlink };
BOOST_DESCRIBE_ENUM(FileType, unknown, file, directory, symlink)

enum class FileChange { unknown, create, write, remove, rename, chmod };
BOOST_DESCRIBE_ENUM(FileChange, unknown, create, write, remove, rename, chmod)

// One file, directory or link inside a sandbox.
struct Entry {
  std::string name;
  FileType type = FileType::unknown;
  std::string path;
  std::int64_t size = 0;    // bytes
  int mode = 0;             // permission bits
  std::string permissions;  // "-rw-r--r--"
  std::string owner, group;
  std::optional<Time> modified_at;
  std::optional<std::string> symlink_target;
  std::map<std::string, std::string> metadata;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (name, type, path, size, mode, permissions, owner, group, modified_at, symlink_target,
                       metadata))

struct Change {
  std::string name;  // relative to the watched directory
  FileChange event = FileChange::unknown;
  std::optional<Entry> entry;
};

// Which file: a path inside a sandbox, as seen by a user of it (relative paths start at their home).
struct Place {
  SandboxId sandbox;
  std::string path;
  std::optional<std::string> user;
};

}  // namespace sandbar::control::files
