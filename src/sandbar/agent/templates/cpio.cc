// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace sandbar::agent {

// Header fields, eight hex digits each: inode, mode, uid, gid, links, mtime, size, device of the file (major,
// minor), device that it is (major, minor), length of the name with its zero, checksum.
void CpioWriter::entry(std::string_view path, unsigned mode, std::string_view content, Device device) {
  auto pad = [this] { out_.append((4 - out_.size() % 4) % 4, '\0'); };
  fmt::format_to(std::back_inserter(out_),
                 "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}",
                 ++inode_, mode, 0, 0, 1, 0, content.size(), 0, 0, device.major, device.minor,
                 path.size() + 1, 0);
  out_ += path;
  out_ += '\0';
  pad();
  out_ += content;
  pad();
}

void CpioWriter::directory(std::string_view path, unsigned mode) { entry(path, S_IFDIR | mode, {}, {}); }

void CpioWriter::file(std::string_view path, unsigned mode, std::string_view content) {
  entry(path, S_IFREG | mode, content, {});
}

void CpioWriter::character_device(std::string_view path, unsigned mode, unsigned major, unsigned minor) {
  entry(path, S_IFCHR | mode, {}, {major, minor});
}

std::string CpioWriter::finish() && {
  entry("TRAILER!!!", 0, {}, {});
  out_.append((512 - out_.size() % 512) % 512, '\0');
  return std::move(out_);
}

}  // namespace sandbar::agent
