// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Writes the archive format that the kernel unpacks as its first file system: cpio "newc", all files owned by
// root. The kernel's rule is that a file's folder comes before it.

namespace sandbar::agent {

class CpioWriter {
 public:
  void directory(std::string_view path, unsigned mode = 0755);
  void file(std::string_view path, unsigned mode, std::string_view content);
  void character_device(std::string_view path, unsigned mode, unsigned major, unsigned minor);
  // The whole archive, with its end mark.
  std::string finish() &&;

 private:
  struct Device {
    unsigned major = 0, minor = 0;
  };
  void entry(std::string_view path, unsigned mode, std::string_view content, Device device);

  std::string out_;
  std::uint32_t inode_ = 0;
};

}  // namespace sandbar::agent
