// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

// The sandbox's users, read from passwd and group without the name service switch: a static program has none.
// The files are read again when they change, because a sandbox's own commands may add users.

namespace sandbar::guest {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home, shell;
  std::vector<gid_t> groups;  // supplementary, the primary one included
};

class Accounts {
 public:
  explicit Accounts(std::string folder = "/etc") : folder_(std::move(folder)) {}

  // unauthorized: "invalid username: 'x'".
  Result<User> find(std::string_view name);
  // By number; one without an entry gets the number as its name and "/" as its home.
  User of_uid(uid_t uid);
  // Names for listings: the number as text when there is none.
  std::string user_name(uid_t uid);
  std::string group_name(gid_t gid);

 private:
  struct Group {
    std::string name;
    gid_t gid = 0;
    std::vector<std::string> members;
  };
  struct Stamp {
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t changed = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);
  void refresh();
  User with_groups(User user) const;

  std::string folder_;
  Stamp passwd_stamp_, group_stamp_;
  std::vector<User> users_;
  std::vector<Group> groups_;
};

}  // namespace sandbar::guest
