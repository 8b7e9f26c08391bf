// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/accounts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sandbar/base/strings.h"
#include "sandbar/guest/small_file.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;

template <class Number>
bool read_number(std::string_view text, Number& out) {
  auto number = parse_int(text);
  if (!number || !std::in_range<Number>(*number)) return false;
  out = static_cast<Number>(*number);
  return true;
}

}  // namespace

Accounts::Stamp Accounts::stamp_of(const std::string& path) {
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) return {};
  return {st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

void Accounts::refresh() {
  if (auto stamp = stamp_of(folder_ + "/passwd"); stamp != std::exchange(passwd_stamp_, stamp)) {
    users_.clear();
    auto text = read_small_file(folder_ + "/passwd", kMaxFile).value_or("");
    for (auto line : split(text, '\n')) {
      auto field = split(line, ':');
      User user;
      if (field.size() < 7 || !read_number(field[2], user.uid) || !read_number(field[3], user.gid)) continue;
      user.name = field[0], user.home = field[5], user.shell = field[6];
      users_.push_back(std::move(user));
    }
  }
  if (auto stamp = stamp_of(folder_ + "/group"); stamp != std::exchange(group_stamp_, stamp)) {
    groups_.clear();
    auto text = read_small_file(folder_ + "/group", kMaxFile).value_or("");
    for (auto line : split(text, '\n')) {
      auto field = split(line, ':');
      Group group;
      if (field.size() < 4 || !read_number(field[2], group.gid)) continue;
      group.name = field[0];
      for (auto member : split(field[3], ',')) group.members.emplace_back(member);
      groups_.push_back(std::move(group));
    }
  }
}

User Accounts::with_groups(User user) const {
  user.groups = {user.gid};
  for (const auto& group : groups_)
    if (group.gid != user.gid && std::ranges::find(group.members, user.name) != group.members.end())
      user.groups.push_back(group.gid);
  return user;
}

Result<User> Accounts::find(std::string_view name) {
  refresh();
  auto found = std::ranges::find(users_, name, &User::name);
  if (name.empty() || found == users_.end())
    return fail(Error{Errc::unauthorized, fmt::format("invalid username: '{}'", to_valid_utf8(name))});
  return with_groups(*found);
}

User Accounts::of_uid(uid_t uid) {
  refresh();
  auto found = std::ranges::find(users_, uid, &User::uid);
  if (found != users_.end()) return with_groups(*found);
  return {.name = fmt::to_string(uid),
          .uid = uid,
          .gid = getgid(),
          .home = "/",
          .shell = "/bin/sh",
          .groups = {getgid()}};
}

std::string Accounts::user_name(uid_t uid) {
  refresh();
  auto found = std::ranges::find(users_, uid, &User::uid);
  return found == users_.end() ? fmt::to_string(uid) : to_valid_utf8(found->name);
}

std::string Accounts::group_name(gid_t gid) {
  refresh();
  auto found = std::ranges::find(groups_, gid, &Group::gid);
  return found == groups_.end() ? fmt::to_string(gid) : to_valid_utf8(found->name);
}

}  // namespace sandbar::guest
