// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The bytes on a Line. A frame is its kind, the length of its payload (two bytes, the lower first), the
// payload, and a mark. Zeros between frames mean nothing. When one end is replaced in the middle of a frame,
// as happens to whoever is restored from a snapshot, the new one first sends so many zeros that the frame is
// over: it ends without its mark and is dropped.

namespace sandbar::serial {

enum class Kind : std::uint8_t {
  hello = 1,  // a new connection; the payload is a nonce, which the answerer sends back
  data = 2,
  end = 3,    // nothing more comes from this side
  reset = 4,  // the connection is gone
};

struct Frame {
  Kind kind;
  std::string_view payload;
};

// A frame of that payload fits a page, which is what a virtio serial port takes at once.
inline constexpr std::size_t kMaxPayload = 4092;
inline constexpr std::size_t kNonceBytes = 16;

void append_frame(std::string& out, Kind kind, std::string_view payload);
void append_padding(std::string& out);

class Decoder {
 public:
  void feed(std::string_view bytes);
  // Drops all that comes before the answer to this hello: the other end was still speaking to somebody else.
  void await(std::string nonce);
  // Valid until the next call of feed().
  std::optional<Frame> next();

 private:
  bool find_answer();

  std::string bytes_, awaited_;
  std::size_t done_ = 0;  // of bytes_
};

}  // namespace sandbar::serial
