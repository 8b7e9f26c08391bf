// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/boot_files.h"

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/base/try.h"
#include "sandbar/json/encode.h"

namespace sandbar::agent {
namespace {

constexpr const char* kName = "version.json";

}  // namespace

Result<BootFiles> load_boot_files(const fs::path& kernel) {
  TRY(auto text, read_file(kernel / kName, 4096));
  return json::decode_text<BootFiles>(text);
}

Result<void> save_boot_files(const fs::path& kernel, const BootFiles& files) {
  return replace_file(kernel / kName, json::encode(files), 0644);
}

std::optional<std::string> boot_name(const BootFiles& files, const Machine& machine) {
  auto anywhere = machine;
  anywhere.tsc_khz = 0;  // measured, and the image is checked for it
  if (!files.programs) return std::nullopt;
  return *files.programs + " " + kernel_command_line(anywhere);
}

}  // namespace sandbar::agent
