// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

// What is inside a distribution's kernel package: the compressed kernel in a bzImage, and what each module
// needs. QEMU boots the uncompressed ELF file by its PVH note, which skips the decompressor (a second under
// an emulator).

namespace sandbar::agent {

struct KernelPayload {
  std::string_view bytes;     // compressed ELF file, part of the image
  std::string_view unpacker;  // the program that unpacks it with -dc: "lz4", "zstd", "xz" or "gzip"
};

// invalid_request if this is not a bzImage, or its compression is none of the four.
Result<KernelPayload> find_payload(std::string_view bz_image);

// The program that unpacks a file with this beginning with -dc; empty if it is not compressed.
std::string_view unpacker_of(std::string_view beginning);

// "depends=" of a module, names with underscores: {"virtio_ring", "virtio"}.
std::vector<std::string> module_dependencies(std::string_view module);

struct Module {
  std::string name;  // with underscores, as in "depends="
  std::filesystem::path file;
  std::vector<std::string> needs;
};

// Each of `wanted` and all that it needs, what is needed first; not_found if the kernel has no such module.
// A module that is missing because it is built in must not be asked for.
Result<std::vector<Module>> load_order(const std::vector<Module>& known,
                                       const std::vector<std::string>& wanted);

}  // namespace sandbar::agent
