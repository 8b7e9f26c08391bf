// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sandbar/http/chunks.h"
#include "sandbar/http/message.h"
#include "sandbar/http/read_buffer.h"

// HTTP/1.1 messages out of bytes, without any input or output of its own: Beast's parser for the head, and
// the rules that keep two servers from reading one message differently (RFC 9112, section 6.3). One decoder
// reads one connection, message by message.

namespace sandbar::http {

enum class MessageKind { request, response };

struct MessageHead {
  std::string method, target;  // of a request
  int status = 0;              // of a response
  Headers headers;
  bool http11 = true;
  bool keep_alive = true;
};

class MessageDecoder {
 public:
  MessageDecoder(MessageKind kind, std::size_t max_head);
  ~MessageDecoder();

  // Forgets the last message and expects the next one's head. `bodiless` is for the answer to HEAD.
  void begin(bool bodiless = false);
  Parsed head(ReadBuffer& buffer);
  MessageHead& message() { return message_; }
  const MessageHead& message() const { return message_; }
  // Of a body that was chunked, once body() has said `complete`.
  const Headers& trailers() const { return chunks_.trailers(); }
  bool head_started() const { return head_bytes_ > 0; }

  bool body_done() const { return framing_ == Framing::none; }
  bool ends_with_connection() const { return framing_ == Framing::until_close; }
  // Bytes that are still to come, if the head said how many.
  std::optional<std::uint64_t> remaining() const;
  // Moves body bytes from `buffer` to `into`; `got` may be positive with need_more and complete.
  Parsed body(ReadBuffer& buffer, std::span<char> into, std::size_t& got);
  // How many body bytes the caller may read straight from the connection when the buffer is empty.
  std::size_t direct_limit(std::size_t wanted) const;
  void took_direct(std::size_t n);

 private:
  enum class Framing { none, length, chunked, until_close };
  class Parser;
  template <bool kRequest>
  class ParserOf;

  Parsed judge_head();
  void choose_framing();

  MessageKind kind_;
  std::size_t max_head_;
  std::size_t head_bytes_ = 0;
  char last_byte_ = 0;
  bool folded_ = false;
  std::unique_ptr<Parser> parser_;
  MessageHead message_;
  Framing framing_ = Framing::none;
  std::uint64_t remaining_ = 0;
  ChunkDecoder chunks_;
  bool bodiless_ = false;
};

// True if a comma-separated field such as Connection or Upgrade lists `token`, without case.
bool lists_token(const Headers& headers, std::string_view name, std::string_view token);

}  // namespace sandbar::http
