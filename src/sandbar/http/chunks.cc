// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/chunks.h"

#include <charconv>
#include <optional>

#include "sandbar/base/strings.h"

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
  if (end == bytes.npos)
    return bytes.size() > kMaxLine || buffer.full() ? Parsed::malformed : Parsed::need_more;
  if (end == 0 || bytes[end - 1] != '\r' || end > kMaxLine) return Parsed::malformed;
  line = bytes.substr(0, end - 1);
  return is_field_text(line) ? Parsed::complete : Parsed::malformed;
}

std::optional<std::uint64_t> parse_size(std::string_view line) {
  auto digits = line.substr(0, line.find(';'));
  std::uint64_t size = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  bool whole = error == std::errc() && end == digits.data() + digits.size() && digits.size() <= 15;
  return whole ? std::optional(size) : std::nullopt;
}

}  // namespace

Parsed ChunkDecoder::decode(ReadBuffer& buffer, std::span<char> into, std::size_t& got) {
  while (state_ != State::done) {
    auto parsed = Parsed::complete;
    switch (state_) {
      case State::size:
        parsed = read_size(buffer);
        break;
      case State::data:
        parsed = read_data(buffer, into, got);
        break;
      case State::data_end:
        parsed = read_data_end(buffer);
        break;
      case State::trailer:
        parsed = read_trailer(buffer);
        break;
      case State::done:
        break;
    }
    if (parsed != Parsed::complete) return parsed;
  }
  return Parsed::complete;
}

Parsed ChunkDecoder::read_size(ReadBuffer& buffer) {
  std::string_view line;
  auto parsed = find_line(buffer, line);
  if (parsed != Parsed::complete) return parsed;
  auto size = parse_size(line);
  if (!size) return Parsed::malformed;
  buffer.consume(line.size() + 2);
  left_ = *size;
  state_ = left_ > 0 ? State::data : State::trailer;
  return Parsed::complete;
}

Parsed ChunkDecoder::read_data(ReadBuffer& buffer, std::span<char> into, std::size_t& got) {
  auto room = into.subspan(got);
  auto n = buffer.bytes().copy(room.data(), std::min<std::uint64_t>(left_, room.size()));
  buffer.consume(n);
  got += n;
  took_direct(n);
  return left_ == 0 ? Parsed::complete : Parsed::need_more;
}

Parsed ChunkDecoder::read_data_end(ReadBuffer& buffer) {
  auto bytes = buffer.bytes().substr(0, 2);
  if (!std::string_view("\r\n").starts_with(bytes)) return Parsed::malformed;
  if (bytes.size() < 2) return Parsed::need_more;
  buffer.consume(2);
  state_ = State::size;
  return Parsed::complete;
}

Parsed ChunkDecoder::read_trailer(ReadBuffer& buffer) {
  std::string_view line;
  auto parsed = find_line(buffer, line);
  if (parsed != Parsed::complete) return parsed;
  trailer_bytes_ += line.size() + 2;
  if (trailer_bytes_ > kMaxTrailers) return Parsed::malformed;
  auto colon = line.find(':');
  bool proper = line.empty() || (colon > 0 && colon < line.size() && line.find_first_of(" \t") > colon);
  if (!proper) return Parsed::malformed;
  if (line.empty()) {
    state_ = State::done;
  } else {
    trailers_.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  buffer.consume(line.size() + 2);
  return Parsed::complete;
}

std::size_t ChunkDecoder::direct_limit(std::size_t wanted) const {
  if (state_ != State::data || left_ < kWorthDirect) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(left_, wanted));
}

void ChunkDecoder::took_direct(std::size_t n) {
  left_ -= n;
  if (left_ == 0) state_ = State::data_end;
}

}  // namespace sandbar::http
