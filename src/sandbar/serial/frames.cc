// SPDX-License-Identifier: Apache-2.0
#include "sandbar/serial/frames.h"

#include <algorithm>

namespace sandbar::serial {
namespace {

constexpr std::size_t kHead = 3;
constexpr char kMark = '\x5a';

std::size_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

bool is_known(std::size_t kind) {
  return kind >= std::size_t{1} && kind <= static_cast<std::size_t>(Kind::reset);
}

}  // namespace

void append_frame(std::string& out, Kind kind, std::string_view payload) {
  out += static_cast<char>(kind);
  out += static_cast<char>(payload.size() & 0xff);
  out += static_cast<char>(payload.size() >> 8);
  out += payload;
  out += kMark;
}

void append_padding(std::string& out) { out.append(kHead + kMaxPayload + 1, '\0'); }

void Decoder::feed(std::string_view bytes) {
  bytes_.erase(0, std::exchange(done_, 0));
  bytes_ += bytes;
}

void Decoder::await(std::string nonce) {
  awaited_.clear();
  append_frame(awaited_, Kind::hello, nonce);
}

// What could be the begin of it is kept.
bool Decoder::find_answer() {
  auto at = bytes_.find(awaited_, done_);
  if (at != bytes_.npos) {
    done_ = at;
    awaited_.clear();
    return true;
  }
  auto kept = std::min(bytes_.size() - done_, awaited_.size() - 1);
  done_ = bytes_.size() - kept;
  return false;
}

std::optional<Frame> Decoder::next() {
  if (!awaited_.empty() && !find_answer()) return std::nullopt;
  for (;;) {
    done_ = std::min(bytes_.find_first_not_of('\0', done_), bytes_.size());
    auto rest = std::string_view(bytes_).substr(done_);
    if (rest.size() < kHead) return std::nullopt;
    auto size = byte_at(rest, 1) | byte_at(rest, 2) << 8;
    if (!is_known(byte_at(rest, 0)) || size > kMaxPayload) {
      ++done_;
      continue;
    }
    if (rest.size() < kHead + size + 1) return std::nullopt;
    done_ += kHead + size + 1;
    if (rest[kHead + size] == kMark) return Frame{static_cast<Kind>(rest[0]), rest.substr(kHead, size)};
  }
}

}  // namespace sandbar::serial
