// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// The five bytes before every message of a Connect stream: one of flags, four of length, big-endian.

namespace sandbar::rpc {

inline constexpr std::uint8_t kCompressedFlag = 1, kEndFlag = 2;
inline constexpr std::size_t kEnvelopeHead = 5;

struct Envelope {
  std::uint8_t flags = 0;
  std::string bytes;
};

std::string make_envelope(std::uint8_t flags, std::string_view bytes);

// Cuts envelopes out of bytes that arrive in pieces of any size.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // Nothing until a whole one is there; rate_limited (resource_exhausted) for one that is larger than
  // allowed.
  Result<std::optional<Envelope>> next();
  bool empty() const { return buffer_.size() == used_; }

 private:
  std::size_t max_bytes_;
  std::size_t used_ = 0;
  std::string buffer_;
};

}  // namespace sandbar::rpc
