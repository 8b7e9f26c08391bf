// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/envelope.h"

#include <fmt/format.h>

#include <utility>

namespace sandbar::rpc {
namespace {

std::size_t length_at(std::string_view head) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < kEnvelopeHead; ++i) length = length << 8 | static_cast<unsigned char>(head[i]);
  return length;
}

}  // namespace

std::string make_envelope(std::uint8_t flags, std::string_view bytes) {
  std::string out;
  out.reserve(kEnvelopeHead + bytes.size());
  out += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(bytes.size() >> shift & 0xff);
  return out.append(bytes);
}

Result<std::optional<Envelope>> EnvelopeReader::next() {
  auto rest = std::string_view(buffer_).substr(used_);
  if (rest.size() < kEnvelopeHead) return std::nullopt;
  auto length = length_at(rest);
  if (length > max_bytes_)
    return fail(Error{Errc::rate_limited,
                      fmt::format("a message of {} bytes is larger than {}", length, max_bytes_)});
  if (rest.size() < kEnvelopeHead + length) return std::nullopt;
  Envelope envelope{static_cast<std::uint8_t>(rest[0]), std::string(rest.substr(kEnvelopeHead, length))};
  used_ += kEnvelopeHead + length;
  if (used_ == buffer_.size() || used_ > 64 * 1024) buffer_.erase(0, std::exchange(used_, 0));
  return envelope;
}

}  // namespace sandbar::rpc
