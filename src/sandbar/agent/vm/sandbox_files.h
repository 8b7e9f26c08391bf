// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/agent/vm/manifest.h"
#include "sandbar/base/result.h"

// A sandbox's own files, in "vm" below its directory: disk layers layer.0, layer.1, … above the template's (a
// new one with every snapshot; only the last is written to), and while it is paused `pages` and `devices`.
// The page file is renamed into place last, so its presence means that the pause is complete. A layer
// "whole.7" holds the entire disk: the chain begins there, and what is left of older layers does not count.

namespace sandbar::agent {

class SandboxFiles {
 public:
  explicit SandboxFiles(const std::filesystem::path& sandbox) : directory_(sandbox / "vm") {}

  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path pages() const { return directory_ / "pages"; }
  std::filesystem::path devices() const { return directory_ / "devices"; }
  bool paused() const { return std::filesystem::exists(pages()); }
  // The sandbox is about to run: the pause counts no more, but can still be brought back.
  void set_pause_aside() const;
  void bring_pause_back() const;
  void forget_pause() const;

  // Own layers, bottom first: "layer.0", "layer.1" or "whole.7", "layer.8".
  std::vector<std::string> layers() const;
  std::filesystem::path top() const { return directory_ / layers().back(); }
  std::string next_layer() const;
  // Whether the own layers need none of the template's.
  bool whole() const;
  // `flat`, in this directory, takes the place of all own layers; at one stroke.
  Result<void> replace_layers(const std::filesystem::path& flat) const;
  // Makes the directory, and the first layer if there is none.
  Result<void> prepare(const Manifest& manifest) const;
  Result<void> add_layer(int disk_mib) const;
  // The last layer belongs to `uid`, the others to nobody who runs a QEMU.
  Result<void> hand_to(uid_t uid) const;
  // The chain as QEMU sees it: the template's below /image, ours below /own.
  std::vector<std::string> chain(const Manifest& manifest) const;
  std::uint64_t allocated() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace sandbar::agent
