// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/kernel_image.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

// Offsets of the x86 boot protocol, version 2.08 and later.
constexpr std::size_t kSetupSectors = 0x1f1, kMagic = 0x202, kVersion = 0x206, kPayloadOffset = 0x248;
constexpr std::size_t kHeaderEnd = 0x250, kSector = 512;

struct Compression {
  std::string_view magic;
  std::string_view unpacker;
};

constexpr auto kCompressions = std::to_array<Compression>({
    {"\x02\x21\x4c\x18", "lz4"},
    {"\x28\xb5\x2f\xfd", "zstd"},
    {{"\xfd"
      "7zXZ\0",
      6},
     "xz"},
    {"\x1f\x8b", "gzip"},
});

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

class Loader {
 public:
  explicit Loader(const std::vector<Module>& known) : known_(known) {}

  Result<void> add(const std::string& name) {
    if (std::ranges::find(order_, name, &Module::name) != order_.end()) return {};
    auto module = std::ranges::find(known_, name, &Module::name);
    if (module == known_.end()) return fail(not_found("kernel module", name));
    if (std::ranges::find(open_, name) != open_.end())
      return fail(invalid_request("kernel modules need each other"));
    open_.push_back(name);
    for (const auto& need : module->needs) TRY_VOID(add(need));
    open_.pop_back();
    order_.push_back(*module);
    return {};
  }

  std::vector<Module> order() && { return std::move(order_); }

 private:
  const std::vector<Module>& known_;
  std::vector<std::string> open_;
  std::vector<Module> order_;
};

}  // namespace

std::string_view unpacker_of(std::string_view beginning) {
  for (const auto& row : kCompressions)
    if (beginning.starts_with(row.magic)) return row.unpacker;
  return {};
}

Result<KernelPayload> find_payload(std::string_view image) {
  if (image.size() < kHeaderEnd || image.substr(kMagic, 4) != "HdrS" ||
      number_at(image, kVersion) % 65536 < 0x208)
    return fail(invalid_request("this is not a bzImage"));
  std::size_t setup = static_cast<unsigned char>(image[kSetupSectors]);
  auto start = ((setup ? setup : 4) + 1) * kSector + number_at(image, kPayloadOffset);
  std::size_t length = number_at(image, kPayloadOffset + 4);
  if (length < 8 || start > image.size() || length > image.size() - start)
    return fail(invalid_request("the bzImage is cut short"));
  auto bytes = image.substr(start, length - 4);  // its last four bytes are the unpacked size
  auto unpacker = unpacker_of(bytes);
  if (unpacker.empty())
    return fail(invalid_request("the kernel is compressed in a way that is not known here"));
  return KernelPayload{bytes, unpacker};
}

std::vector<std::string> module_dependencies(std::string_view module) {
  constexpr std::string_view kKey("\0depends=", 9);
  std::vector<std::string> names;
  auto at = module.find(kKey);
  if (at == std::string_view::npos) return names;
  auto list = module.substr(at + kKey.size());
  for (auto name : split(list.substr(0, list.find('\0')), ','))
    if (!name.empty()) names.emplace_back(name);
  return names;
}

Result<std::vector<Module>> load_order(const std::vector<Module>& known,
                                       const std::vector<std::string>& wanted) {
  Loader loader(known);
  for (const auto& name : wanted) TRY_VOID(loader.add(name));
  return std::move(loader).order();
}

}  // namespace sandbar::agent
