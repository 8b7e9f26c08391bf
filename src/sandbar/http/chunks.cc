// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/chunks.h"

#include <charconv>
#include <optional>

namespace sandbar::http {
namespace {

constexpr std::size_t kMaxLine = 2048;
constexpr std::size_t kMaxTrailers = 8192;
constexpr std::size_t kWorthDirect = 4096;

bool is_field_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

// A whole line without its end; `complete` if there is one.
Parsed find_line(const ReadBuffer& buffer, std::string_view& line) {
  auto bytes = buffer.bytes();
  auto end = bytes.find('\n');
  if (end == bytes.npos) return bytes.size() > kMaxLine || buffer.full() ? Parsed::malformed : Parsed::need_more;
  if (end == 0 || bytes[end - 1] != '\r' || end > kMaxLine) return Parsed::malformed;
  line = bytes.substr(0, end - 1);
  return is_field_text(line) ? Parsed::complete : Parsed::malformed;
}

std::optional<std::uint64_t> parse_size(std::string_view line) {
  auto digits = line.substr(0, line.find(';'));
  std::uint64_t size = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  bool whole = error == std::errc() && end == digits.data() + digits.size() && digits.size() <= 15;
  return whole && digits[0] != '-' ? std::optional(size) : std::nullopt;
}

}  // namespace

Parsed ChunkDecoder::decode(ReadBuffer& buffer, std::span<char> into, std::size_t& got) {
  for (;;) {
    if (state_ == State::data && (buffer.empty() || got == into.size())) return Parsed::need_more;
    auto parsed = step(buffer, into.subspan(got), got);
    if (parsed != Parsed::complete) return parsed;
    if (state_ == State::trailer && trailer_bytes_ == kMaxTrailers + 1) return Parsed::complete;
  }
}

}  // namespace sandbar::http
