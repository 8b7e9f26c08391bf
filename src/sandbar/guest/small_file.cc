// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "sandbar/proc/fd.h"

namespace sandbar::guest {

std::optional<std::string> read_small_file(const std::string& path, std::size_t limit) {
  proc::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::nullopt;
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; text.size() < limit && (n = read(file.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  if (text.size() > limit) text.resize(limit);
  return text;
}

bool write_setting(const std::string& path, std::string_view value) {
  proc::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

}  // namespace sandbar::guest
