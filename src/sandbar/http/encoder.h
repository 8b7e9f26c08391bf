// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/http/message.h"

// Heads and chunks as bytes. How a body is delimited is decided by the connection, so the fields for that are
// taken out of what a handler gives and written anew. A field that could forge another one (line breaks in
// it) is an error.

namespace sandbar::http {

struct Framing {
  enum class Body { none, length, chunked, until_close };
  enum class After { keep_alive, close, upgrade };
  Body body = Body::none;
  std::uint64_t length = 0;
  After after = After::keep_alive;
  bool http11 = true;
};

// Both append to `out`, which is unchanged when they fail.
Result<void> encode_head(std::string& out, int status, const Headers& headers, const Framing& framing);
Result<void> encode_head(std::string& out, const RequestHead& head, std::string_view host,
                         const Framing& framing);

void encode_chunk(std::string& out, std::string_view bytes);
// The end of a chunked body. Trailers that would change how the message is read, or break it, are left out.
void encode_last_chunk(std::string& out, const Headers& trailers);

// The length that the headers promise; an error if they promise nonsense.
Result<std::optional<std::uint64_t>> declared_length(const Headers& headers);

}  // namespace sandbar::http
