// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/disk/overlay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

constexpr std::uint64_t kClusterBits = 16, kCluster = 1 << kClusterBits;
constexpr std::uint64_t kBytesPerL1Entry = kCluster / 8 * kCluster;
constexpr std::uint64_t kRefcountTable = 1 * kCluster, kRefcountBlock = 2 * kCluster, kL1Table = 3 * kCluster;
constexpr std::uint64_t kMaxVirtual =
    kCluster / 8 * kBytesPerL1Entry;  // what one cluster of L1 table addresses
constexpr std::size_t kHeaderSize = 104;

// Big-endian, as everything in a qcow2 header.
class Bytes {
 public:
  Bytes& u16(std::uint64_t value) { return put(value, 2); }
  Bytes& u32(std::uint64_t value) { return put(value, 4); }
  Bytes& u64(std::uint64_t value) { return put(value, 8); }
  const std::string& str() const { return bytes_; }

 private:
  Bytes& put(std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  std::string bytes_;
};

std::string header(std::uint64_t virtual_bytes) {
  Bytes out;
  out.u32(0x514649fb).u32(3);
  out.u64(0).u32(0);  // backing file: spelled out by whoever opens the chain
  out.u32(kClusterBits).u64(virtual_bytes).u32(0);
  out.u32((virtual_bytes + kBytesPerL1Entry - 1) / kBytesPerL1Entry).u64(kL1Table);
  out.u64(kRefcountTable).u32(1);
  out.u32(0).u64(0);         // no snapshots
  out.u64(0).u64(0).u64(0);  // features: incompatible, compatible, autoclear
  out.u32(4).u32(kHeaderSize);
  return out.str();
}

Result<void> write_at(int fd, const std::string& bytes, std::uint64_t offset) {
  auto count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (count == static_cast<ssize_t>(bytes.size())) return {};
  return fail(errno_error("write an overlay", count < 0 ? errno : ENOSPC));
}

void append_layer(std::string& out, const std::vector<std::string>& layers, std::size_t index,
                  const std::string& prefix) {
  const auto& path = layers[index];
  fmt::format_to(std::back_inserter(out),
                 ",{0}driver={1},{0}file.driver=file,{0}file.locking=off,{0}file.filename={2}", prefix,
                 path.ends_with(".raw") ? "raw" : "qcow2", path);
  if (index > 0) append_layer(out, layers, index - 1, prefix + "backing.");
}

Result<void> fill_overlay(int fd, std::uint64_t virtual_bytes) {
  if (::ftruncate(fd, kL1Table + kCluster) != 0) return fail(errno_error("size an overlay", errno));
  TRY_VOID(write_at(fd, header(virtual_bytes), 0));
  TRY_VOID(write_at(fd, Bytes().u64(kRefcountBlock).str(), kRefcountTable));
  return write_at(fd, Bytes().u16(1).u16(1).u16(1).u16(1).str(), kRefcountBlock);
}

}  // namespace

Result<void> create_overlay(const fs::path& path, std::uint64_t virtual_bytes) {
  if (virtual_bytes == 0 || virtual_bytes % 512 != 0 || virtual_bytes > kMaxVirtual)
    return fail(invalid_request(fmt::format("a disk cannot have {} bytes", virtual_bytes)));
  TRY(auto fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
  auto filled = fill_overlay(fd.get(), virtual_bytes);
  if (!filled) ::unlink(path.c_str());
  return filled;
}

std::string drive_options(const std::vector<std::string>& layers) {
  std::string out = "if=none,id=disk,cache=unsafe,discard=unmap";
  append_layer(out, layers, layers.size() - 1, "");
  return out;
}

std::string image_options(const std::vector<std::string>& layers) {
  std::string out;
  append_layer(out, layers, layers.size() - 1, "");
  return out.substr(1);
}

}  // namespace sandbar::agent
