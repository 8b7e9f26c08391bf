// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/files/types.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::files {

struct FileQuery {
  std::string path;
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(FileQuery, (), (path, user))

struct ListQuery {
  std::string path;
  int depth = 1;
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(ListQuery, (), (path, depth, user))

struct WatchQuery {
  std::string path;
  bool recursive = false;
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(WatchQuery, (), (path, recursive, user))

struct UserQuery {
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(UserQuery, (), (user))

struct MakeDirectoryRequest {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(MakeDirectoryRequest, (), (path))

struct MoveRequest {
  std::string source, destination;
};
BOOST_DESCRIBE_STRUCT(MoveRequest, (), (source, destination))

// Frame of the watch: {"type":"event","name":"a.txt","event":"write"}.
struct ChangeFrame {
  std::string type = "event", name;
  FileChange event = FileChange::unknown;
  std::optional<Entry> entry;
};
BOOST_DESCRIBE_STRUCT(ChangeFrame, (), (type, name, event, entry))

struct StartedFrame {
  std::string type = "started";
};
BOOST_DESCRIBE_STRUCT(StartedFrame, (), (type))

}  // namespace sandbar::control::files
