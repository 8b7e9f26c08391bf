// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "sandbar/http/message.h"
#include "sandbar/http/read_buffer.h"

// The chunked transfer coding (RFC 9112, section 7.1), read strictly: extensions are checked and dropped,
// trailers are kept, and both are bounded. Beast's own decoder is not used because a body that comes in small
// pieces trips its assertions.

namespace sandbar::http {

enum class Parsed { complete, need_more, malformed, too_large };

class ChunkDecoder {
 public:
  // Moves chunk data from `buffer` to `into` until either is used up; `got` may be positive whatever the
  // result.
  Parsed decode(ReadBuffer& buffer, std::span<char> into, std::size_t& got);
  // As in MessageDecoder: within a large chunk, data need not go through the buffer.
  std::size_t direct_limit(std::size_t wanted) const;
  void took_direct(std::size_t n);
  // The fields behind the last chunk, once decode() has said `complete`.
  const Headers& trailers() const { return trailers_; }

 private:
  enum class State { size, data, data_end, trailer, done };

  // `complete` when the state's part is over.
  Parsed read_size(ReadBuffer& buffer);
  Parsed read_data(ReadBuffer& buffer, std::span<char> into, std::size_t& got);
  Parsed read_data_end(ReadBuffer& buffer);
  Parsed read_trailer(ReadBuffer& buffer);

  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the chunk's data
  std::size_t trailer_bytes_ = 0;
  Headers trailers_;
};

}  // namespace sandbar::http
