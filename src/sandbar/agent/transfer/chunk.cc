// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/chunk.h"

#include <sodium.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sandbar/base/strings.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr int kCompression = 1;  // the network is faster than any other level

Error damaged(std::string why) {
  return {Errc::data_loss, "a piece of the template is damaged", std::move(why)};
}

}  // namespace

std::string digest_of(std::string_view bytes) {
  static const int ready = sodium_init();
  (void)ready;
  std::array<char, kDigestBytes> out{};
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  return to_hex({out.data(), out.size()});
}

bool is_digest(std::string_view text) {
  auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 2 * kDigestBytes && std::ranges::all_of(text, is_hex);
}

std::string pack(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  auto size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kCompression);
  packed.resize(ZSTD_isError(size) ? 0 : size);
  return packed;
}

Result<std::string> unpack(std::string_view packed, std::size_t size) {
  std::string bytes(size, '\0');
  auto got = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(got)) return fail(damaged(ZSTD_getErrorName(got)));
  if (got != size) return fail(damaged(fmt::format("{} bytes instead of {}", got, size)));
  return bytes;
}

Result<std::string> unpack_within(std::string_view packed, std::size_t limit) {
  auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > limit)
    return fail(damaged("its size is not known, or too large"));
  return unpack(packed, size);
}

Result<std::string> read_at(int fd, std::int64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    auto count =
        ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno_error("read", errno));
    if (count == 0) return fail(damaged("the file is shorter than it was"));
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

Result<void> write_at(int fd, std::int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    auto count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno_error("write", errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

}  // namespace sandbar::agent
