// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/http/stream.h"

namespace sandbar::http {

// A stream whose first bytes have been read already: they are read again, then everything goes to `stream`.
ByteStreamPtr prepend(std::string bytes, ByteStreamPtr stream);

// TLS over a stream. Nothing may be read or written before the handshake has succeeded.
class TlsStream : public ByteStream {
 public:
  virtual Task<Result<void>> handshake() = 0;
};
std::unique_ptr<TlsStream> make_tls_server_stream(ByteStreamPtr stream, TlsContextPtr tls);

}  // namespace sandbar::http
